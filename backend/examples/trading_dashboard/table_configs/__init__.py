"""The tables of the example, a module each. The generated policy of readers is for those of `READ_IN`."""

READ_IN = ("demo", "prod")
