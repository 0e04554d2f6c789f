"""The page of a run's hints: a ladder that is climbed step by step."""
