"""A log of trading decisions that gets an index by market while it is in use."""
