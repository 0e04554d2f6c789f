"""The changes of the example, a file each."""
