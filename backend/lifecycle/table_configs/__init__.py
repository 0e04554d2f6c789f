"""The tables of this project, one module each, declared as `TABLE`."""
