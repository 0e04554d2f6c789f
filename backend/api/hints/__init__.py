"""Hints for a run: a ladder of steps, opened one by one and paid for from the day's quota."""
