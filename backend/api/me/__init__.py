"""Everything about me: profile and plan, today's use, statistics, export, deletion of the account."""
