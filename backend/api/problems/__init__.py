"""Looking problems and their test cases up."""
