"""Visitors' code in their own browser: the sandboxed frame, the cases sent to it, the recording of its runs."""
