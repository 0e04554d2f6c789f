"""How requests reach DynamoDB: connections, signatures, retries, deadlines, and typed errors."""
