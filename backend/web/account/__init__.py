"""The page of one's own account: profile, plan, use of the day, sessions, export, deletion."""
