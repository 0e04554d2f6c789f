"""Problem pages: search, detail, test cases, random problem."""
