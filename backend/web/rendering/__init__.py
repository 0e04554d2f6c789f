"""Rendering without side effects: highlighted code, output differences, excerpts, the activity heat map."""
