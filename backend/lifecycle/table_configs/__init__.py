"""The tables of this project, a module each, with its declaration as `TABLE`."""
