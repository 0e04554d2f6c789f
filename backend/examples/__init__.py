"""Worked examples: other systems' tables on this project's tools, each a folder with its declaration."""
