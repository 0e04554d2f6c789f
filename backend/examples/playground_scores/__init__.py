"""Scores of playground tables, whose lists are taken over from a scan to an index in phases."""
