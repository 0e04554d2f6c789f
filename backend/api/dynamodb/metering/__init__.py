"""Capacity units of calls: estimated, as the engine reports them, and counted per request."""
