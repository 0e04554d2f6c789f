"""Practice: a user's home, bookmarks, notes, reviews, the problem of the day, and their time zone."""
