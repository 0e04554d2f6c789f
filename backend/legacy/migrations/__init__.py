"""Creates the legacy schema; the source of a move is never changed by it."""
