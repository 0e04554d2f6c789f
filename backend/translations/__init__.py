"""Keeps the pages' catalogues complete: collects their texts, merges what translators wrote, compiles.

Needs no GNU gettext. It is a tool of development: the service reads the compiled catalogues alone.
"""
