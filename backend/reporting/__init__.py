"""How the tools' reports show text, numbers and tables, one module for each."""
