"""The first characters of samples that are too large to stand in their items, so that a page can show something."""

from __future__ import annotations

from api.dynamodb import keys, large_text
from api.dynamodb.items import CODECS
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_id
from api.dynamodb.repositories.merged_pages import LAST_CHARACTER
from api.dynamodb.store import Key

BEGINNING_BYTES = 16_000
_TEXTS = {field.name: field.short for field in CODECS["test_case"].large}
# Their first parts together stay well below the 16 MB of one answer.
_MOST = 20


class SampleBeginnings(BaseRepository):
    """The part of the problem repository that reads the beginnings of large samples."""

    def sample_beginnings(self, problem_id: int) -> dict[tuple[int, str], str]:
        """How the texts of a problem's samples begin that stand in parts, by case id and name (`input`, `output`).

        At most 16,000 bytes of UTF-8 of each, of the first 20 of them; a text that is being replaced is left
        out. One Query of the samples (0.5 RCU per 4 KB) and, if there are such texts, one BatchGetItem of
        their first parts: 0.5 RCU per 4 KB, which of a text of 400 KB compressed or more is 50.
        """
        pk = keys.problem_pk(check_id("problem_id", problem_id))
        sort = (keys.SAMPLE_PREFIX, keys.SAMPLE_PREFIX + LAST_CHARACTER)
        wanted: dict[Key, tuple[int, str]] = {}
        for item in self._store.query_all(pk, sort=sort, entity="test_case"):
            number = int(item["id"]["N"])
            for name, short in _TEXTS.items():
                for key in large_text.part_keys(f"TC#{number}", short, item[short])[:1]:
                    wanted[key] = (number, name)
        first = dict(list(wanted.items())[:_MOST])
        parts = self._store.batch_get(first, entity="text_part") if first else {}
        return {
            place: large_text.beginning(parts[key], BEGINNING_BYTES)
            for key, place in first.items()
            if key in parts
        }
