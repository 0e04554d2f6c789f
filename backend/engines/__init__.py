"""Starts and stops local servers for development and tests; not part of the service.

`ministack` and `dynamodb_local` are DynamoDB engines, `mariadb` and `mysql` are sources for tests of the
migration.
Every server listens on 127.0.0.1 and is stopped by its process id.
"""
