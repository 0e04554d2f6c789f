"""Configuration: the one package that reads the process environment."""
