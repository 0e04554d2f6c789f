"""Starts and stops the local servers that development and tests use; never part of the service.

`ministack` and `dynamodb_local` are DynamoDB engines, `mariadb` is a source for tests of the move.
Every server listens on 127.0.0.1 and is stopped by its own process id.
"""
