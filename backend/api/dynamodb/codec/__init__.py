"""Records to items and back: scalars, large texts, JSON, sets of ids, and exact sizes."""
