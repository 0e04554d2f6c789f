"""The tables of the example, a module each."""
