"""Pages of practice: home, bookmarks, reviews, and notes on problems."""
