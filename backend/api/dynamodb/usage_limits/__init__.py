"""The rate limiter on the table: windows, the ledger of a day, decisions, and admission."""
