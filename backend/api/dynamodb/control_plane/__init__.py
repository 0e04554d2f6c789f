"""DynamoDB's control plane: declaring, describing, comparing, creating and deleting tables, one module for each."""
