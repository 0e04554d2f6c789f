"""What only staff do: users, plans, uses by day, and the log of who changed what."""
