"""Operations on the table that every repository shares: the store, expressions, pages, aggregates."""
