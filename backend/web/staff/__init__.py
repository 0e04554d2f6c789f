"""Pages for staff: problems and their test cases, users, plans, and who changed what."""
