"""The account pages: profile, plan, daily usage, sessions, export, deletion."""
