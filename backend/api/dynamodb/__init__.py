"""The data layer: one table, reached through repositories. Nothing above it is imported here."""
