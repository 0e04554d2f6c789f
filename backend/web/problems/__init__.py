"""Looking problems up: the search, a problem with its test cases, a random one."""
