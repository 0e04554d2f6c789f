"""Run pages: recording a run, run details, the user's runs, the public timeline."""
