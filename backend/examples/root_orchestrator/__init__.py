"""The Root Orchestrator's two tables, made by versioned changes, with sample data and queries."""
