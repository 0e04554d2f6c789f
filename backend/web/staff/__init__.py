"""Staff pages: problems and their test cases, users, plans, audit log."""
