"""Language and appearance, stored in cookies, independent of accounts."""
