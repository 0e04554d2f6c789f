"""Shows what is in the table and what a request does: inspection of one subject, explanation of patterns, exports."""
