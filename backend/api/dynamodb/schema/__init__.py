"""The declaration of what is stored: entities, keys, indexes, ids, and the records that repositories return."""
