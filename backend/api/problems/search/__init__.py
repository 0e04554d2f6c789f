"""Search over the catalogue in memory: what people type, filters, order, and what is near when nothing matches."""
