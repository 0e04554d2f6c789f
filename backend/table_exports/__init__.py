"""Reads exports of a table that DynamoDB made in S3, from a folder on disk. It writes nothing."""
