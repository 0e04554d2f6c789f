"""Real MySQL for the tests: Debian's server of a newer suite, unpacked beside the system and started by its own loader.

The system's C library is older than what the server was built with, so its packages come with theirs.
"""
