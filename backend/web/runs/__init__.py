"""The pages of runs: recording one, looking at it, one's own runs, and everyone's public ones."""
