"""Recognizes stored items by their keys and normalizes each to a record.

This is independent of the service's decoder. An item that cannot be decoded becomes a record
of kind "unknown", which never matches an expected one; it is reported, not raised.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from api.dynamodb.schema.entities import PK, SK, STATEMENT_FIELDS, TTL
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.item_keys import kind_of
from migration.verify.item_kinds import (
    ATTRIBUTES,
    ID_ATTRIBUTES,
    MAX_ID,
    OPERATION,
    OWNER_STEPS,
    SERVICE_KINDS,
    STATEMENTS,
    STEP_OF,
    TEXTS,
    UNKNOWN,
    Bucket,
    bucket_number,
)
from migration.verify.row_values import INLINE_BYTES, digest_of, fraction, time_of
from migration.verify.service_items import is_readable
from migration.verify.text_parts import text_bucket, text_record

Item = dict[str, Any]

_LARGE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "problem": (
        "tags", "solution_code", "constraints", "hints", "metadata", "statement_ko", "hints_ko", "statement_en",
        "hints_en", "solutions",
    ),
    "test_case": ("input", "output"),
    "run": ("code", "result_summary", "test_results", "hints"),
    "usage_log": ("metadata",),
}  # fmt: skip
_LARGE = {kind: tuple(ATTRIBUTES[kind][name] for name in names) for kind, names in _LARGE_FIELDS.items()}
_TIME_LIMIT, _VERSION = ATTRIBUTES["problem"]["time_limit"], ATTRIBUTES["problem"]["version"]
# The service alone has statements; a problem that was removed leaves an item with its id and these.
_STATEMENTS = tuple(ATTRIBUTES["problem"][name] for name in STATEMENT_FIELDS)
_TAGS = ATTRIBUTES["problem_entry"]["tags"]
_LOG_ID, _LOG_USER, _LOG_TIME = (
    ATTRIBUTES["usage_log"][name] for name in ("log_id", "user_id", "created_at")
)
# The members of a stored reference to a text.
_DIGEST, _PARTS, _REVISION, _LENGTH = "d", "n", "r", "l"
UNKNOWN_BUCKET: Bucket = (UNKNOWN, 0)
_PIECE_BYTES = 1 << 16
_OWNERS: Mapping[str, str] = {"problem": "PRB", "test_case": "TC", "run": "RUN", "usage_log": "USE"}
# Why an item is not compared with the records that the table must have; each is counted by kind.
EXPIRED, NOT_MOVED = "expired", "not_moved"


class RecognizedItem(NamedTuple):
    """A recognized item. `left_out` says why its record is not compared, or is empty.

    It is `EXPIRED` for items that may be there or not, and `NOT_MOVED` for those of the service and of the tools.
    `row_id` is set for expired items: their log's id, or their user's for a day counter; -1 when no row can have it.
    """

    kind: str
    bucket: Bucket
    left_out: str = ""
    references: tuple[str, ...] = ()
    row_id: int = -1


def _bucket_attribute(kind: str) -> str:
    """The attribute whose id decides the bucket of a record."""
    return _LOG_USER if kind == "usage_log" else ID_ATTRIBUTES.get(kind, "")


class ItemRecognizer:
    """Recognizes items. `widths` are the bucket widths by step; items of other steps are skipped."""

    def __init__(self, policy: AbsencePolicy, widths: Mapping[str, int]) -> None:
        self._policy = policy
        self._kinds = {
            kind: (step, widths[step], _bucket_attribute(kind), _LARGE.get(kind, ()))
            for kind, step in STEP_OF.items()
            if step in widths
        }
        self._steps = frozenset(widths)

    def recognize(self, item: Item) -> RecognizedItem | None:
        """Recognizes an item and normalizes it in place to a record; None for an item that is not compared.

        Text parts are recognized but not changed.
        """
        pk, sk = item[PK]["S"], item[SK]["S"]
        kind = kind_of(pk, sk)
        profile = self._kinds.get(kind)
        if profile is None:
            return self._other(kind, pk, item)
        step, width, id_name, large = profile
        try:
            references = self._texts(kind, item, large) if large else ()
            if kind == "usage_day":
                number = int(pk[4 : pk.index("#", 4)])
                expired = self._policy.day_ttl(sk[4:]) <= self._policy.now
            else:
                number = int(item[id_name]["N"])
                expired = kind == "usage_log" and self._has_expired(int(item[_LOG_TIME]["N"]), sk)
                if kind == "problem":
                    for name in _STATEMENTS:
                        item.pop(name, None)
                    if _VERSION not in item:
                        return RecognizedItem(STATEMENTS, UNKNOWN_BUCKET, NOT_MOVED, references)
                    if _TIME_LIMIT in item:
                        item[_TIME_LIMIT] = {"N": fraction(item[_TIME_LIMIT]["N"])}
                elif _TAGS in item:
                    item[_TAGS]["SS"].sort()
            bucket = step, bucket_number(number, width)
            if expired:
                return RecognizedItem(kind, bucket, EXPIRED, references, _lookup_id(kind, item))
            return RecognizedItem(kind, bucket, references=references)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, zlib.error):
            _salvage(item, large)
            return RecognizedItem(UNKNOWN, UNKNOWN_BUCKET)

    def _other(self, kind: str, pk: str, item: Item) -> RecognizedItem | None:
        """Recognizes an item that belongs to no row of the compared steps."""
        if kind == TEXTS:
            return self._part(pk, item)
        if kind == OPERATION or (kind in SERVICE_KINDS and is_readable(kind, item)):
            return RecognizedItem(kind, UNKNOWN_BUCKET, NOT_MOVED)
        return None if kind in STEP_OF else RecognizedItem(UNKNOWN, UNKNOWN_BUCKET)

    def _has_expired(self, created_us: int, sk: str) -> bool:
        """Whether a log may be gone by its attribute; a log whose key says another time has not expired."""
        if not self._policy.may_be_gone(created_us):
            return False
        return sk[4:].startswith(f"{time_of(created_us).isoformat(timespec='microseconds')}#")

    def _texts(self, kind: str, item: Item, large: tuple[str, ...]) -> tuple[str, ...]:
        """Normalizes the large texts. Returns the records of references to texts that are stored in parts."""
        references: tuple[str, ...] = ()
        for name in large:
            value = item.get(name)
            if value is not None and ("S" not in value or len(value["S"]) > 1024):
                item[name], reference = _text_value(value)
                if reference:
                    references += (self._reference(kind, item, name, reference),)
        return references

    def _reference(self, kind: str, item: Item, attribute: str, reference: tuple[str, str, str]) -> str:
        owner = f"{_OWNERS[kind]}#{item[ID_ATTRIBUTES[kind]]['N']}"
        ttl = item[TTL]["N"] if kind == "usage_log" and TTL in item else ""
        name, parts, length = reference
        return text_record(f"TXT#{owner}", f"{attribute}#{name}", parts, ttl, length)

    def _part(self, pk: str, item: Item) -> RecognizedItem | None:
        """Recognizes a text part; it is compared if its owner is."""
        step = OWNER_STEPS[pk[4:].partition("#")[0]]
        if step not in self._steps:
            return None
        if step == "usage" and TTL in item and self._has_passed(item[TTL].get("N", "")):
            return RecognizedItem(TEXTS, text_bucket(pk), EXPIRED, row_id=_lookup_id(TEXTS, item))
        return RecognizedItem(TEXTS, text_bucket(pk))

    def _has_passed(self, ttl: str) -> bool:
        return ttl.isdecimal() and int(ttl) <= self._policy.now


def _lookup_id(kind: str, item: Item) -> int:
    """The id by which an expired item is looked up in the source; -1 when no row can have it. Raises like `int`."""
    if kind == "usage_log":
        number = int(item[_LOG_ID]["N"])
    else:
        user_id, _, log_id = item[PK]["S"][4:].partition("#")
        number = int(log_id if kind == TEXTS else user_id)
    return number if 0 <= number <= MAX_ID else -1


def _salvage(item: Item, large: tuple[str, ...]) -> None:
    """Normalizes the readable texts of a damaged item, so that only the damage is reported."""
    for name in large:
        try:
            item[name] = _text_value(item[name])[0]
        except (KeyError, TypeError, ValueError, AttributeError, zlib.error):
            continue


def _inflated(packed: bytes) -> dict[str, Any]:
    """A compressed text as in records, inflated piece by piece: 400 KB may hold 400 MB. Raises like `_text_value`."""
    inflate, digest = zlib.decompressobj(), blake2b(digest_size=8)
    first, length = b"", 0
    while not inflate.eof:
        piece = inflate.decompress(packed, _PIECE_BYTES)
        packed = inflate.unconsumed_tail
        if not piece and not packed and not inflate.eof:
            raise ValueError("a compressed text ends too early")
        length += len(piece)
        digest.update(piece)
        if length <= INLINE_BYTES:
            first += piece
    return {"S": first.decode()} if length <= INLINE_BYTES else {"D": digest.hexdigest()}


def _text_value(value: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, str, str] | None]:
    """A large text as in records, and (name, parts, length) if it is stored in parts.

    Raises ValueError, KeyError, TypeError or zlib.error for a value that cannot be decoded.
    """
    if len(value) != 1:
        raise ValueError("not an attribute value")
    if "D" in value:
        return dict(value), None
    if "S" in value:
        data = value["S"].encode()
        return ({"D": digest_of(data)} if len(data) > INLINE_BYTES else dict(value)), None
    if "B" in value:
        return _inflated(base64.b64decode(value["B"], validate=True)), None
    reference = value["M"]
    digest, parts = reference[_DIGEST]["S"], reference[_PARTS]["N"]
    name = f"{digest}.{reference[_REVISION]['S']}" if _REVISION in reference else digest
    length = reference[_LENGTH]["N"] if _LENGTH in reference else ""
    if len(reference) != 2 + (_REVISION in reference) + (_LENGTH in reference):
        raise ValueError("not a reference to a text")
    return {"D": digest}, (name, parts, length)
