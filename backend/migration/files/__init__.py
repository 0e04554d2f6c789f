"""The move by files: the items of the source as compressed DynamoDB JSON, which ImportTable makes a table of."""
