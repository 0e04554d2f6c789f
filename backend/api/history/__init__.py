"""Runs of people's code: recording, looking back, sharing."""
