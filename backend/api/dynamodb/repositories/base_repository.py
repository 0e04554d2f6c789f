"""`BaseRepository` under the name that the migration guide gives; it lives in `api.dynamodb.table.base_repository`."""

from api.dynamodb.table.base_repository import BaseRepository

__all__ = ["BaseRepository"]
