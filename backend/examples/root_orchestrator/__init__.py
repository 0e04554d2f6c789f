"""The Root Orchestrator's two tables, created by versioned changes, with sample data and queries."""
