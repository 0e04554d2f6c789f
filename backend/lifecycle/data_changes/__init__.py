"""Changes of items while the service writes: what a function reads, the guarded update, segments, preview, progress."""
