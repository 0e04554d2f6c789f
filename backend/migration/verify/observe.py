"""What the table holds: tells items apart by their keys and brings each into the form of a record.

Written without the service's decoder. An item that cannot be read is a record of kind
"unknown", which never matches anything; it is reported, not raised.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from migration.verify.kinds import (
    OPERATION,
    OWNER_STEPS,
    SERVICE,
    STEP_OF,
    TEXTS,
    UNKNOWN,
    Bucket,
    bucket_number,
)
from migration.verify.policy import Policy
from migration.verify.texts import text_bucket, text_record
from migration.verify.values import INLINE_BYTES, digest_of, fraction

Item = dict[str, Any]

# Attributes that hold large texts, and the attribute by which a record is put into its bucket.
_LARGE: Mapping[str, tuple[str, ...]] = {
    "problem": ("tag", "cod", "con", "hnt", "met"),
    "test_case": ("in", "out"),
    "run": ("cod", "res", "trs", "hnt"),
    "usage_log": ("met",),
}
_ID: Mapping[str, str] = {
    "email_guard": "uid", "google_guard": "uid", "user_entry": "uid", "usage_log": "uid", "number_guard": "pid",
}  # fmt: skip
_HEADS: Mapping[str, str] = {
    "RUN#": "run", "EML#": "email_guard", "GID#": "google_guard", "USRL": "user_entry", "NUM#": "number_guard",
    "PRBL": "problem_entry", "PRBW": "word_entry", "TXT#": TEXTS, "OPS#": OPERATION,
    "NON#": SERVICE, "ADR#": SERVICE, "AUD#": SERVICE, "AUD": SERVICE, "ERAS": SERVICE,
}  # fmt: skip
_USER_PARTS = {"#RUN": "user_run", "#PRB": "user_problem_run", "#SES": SERVICE, "#PRG": SERVICE}
_OWNERS: Mapping[str, str] = {"problem": "PRB", "test_case": "TC", "run": "RUN", "usage_log": "USE"}


class Observed(NamedTuple):
    """An item that was recognised. `ignored` is why a policy leaves it out, empty if none does."""

    kind: str
    bucket: Bucket
    ignored: str = ""
    references: tuple[str, ...] = ()


def kind_of(pk: str, sk: str) -> str:
    """The kind of the item under these keys."""
    head = pk[:4]
    if head == "USR#":
        end = pk.find("#", 4)
        if end < 0:
            return "user"
        tail = pk[end : end + 4]
        if tail == "#USE":
            return "usage_log" if sk[:4] == "LOG#" else "usage_day" if sk[:4] == "DAY#" else UNKNOWN
        return _USER_PARTS.get(tail, UNKNOWN)
    if head == "PRB#":
        return "problem" if sk == "META" else "test_case" if sk[:3] in ("TCS", "TCH") else UNKNOWN
    if head == "PLAN":
        return "plan"
    return _HEADS.get(head, UNKNOWN)


class Observer:
    """Recognises items. `widths` are the bucket widths by step; items of other steps are passed over."""

    def __init__(self, policy: Policy, widths: Mapping[str, int]) -> None:
        self._policy = policy
        self._kinds = {
            kind: (step, widths[step], _ID.get(kind, "id"), _LARGE.get(kind, ()), policy.dead_rows(step))
            for kind, step in STEP_OF.items()
            if step in widths
        }
        self._steps = frozenset(widths)

    def observe(self, item: Item) -> Observed | None:
        """Recognises an item and turns it, in place, into a record; None for one that is not compared.

        Parts of texts are recognised but left as they are.
        """
        pk, sk = item["PK"]["S"], item["SK"]["S"]
        kind = kind_of(pk, sk)
        known = self._kinds.get(kind)
        if known is None:
            if kind == TEXTS:
                return self._part(pk, item)
            return Observed(UNKNOWN, (UNKNOWN, 0)) if kind == UNKNOWN else None
        step, width, id_name, large, dead = known
        try:
            references = self._texts(kind, item, large) if large else ()
            if kind == "usage_day":
                number = int(pk[4 : pk.index("#", 4)])
                gone = self._policy.day_ttl(sk[4:]) <= self._policy.now
            else:
                number = int(item[id_name]["N"])
                gone = kind == "usage_log" and self._policy.may_be_gone(int(item["crt"]["N"]))
                if kind == "problem":
                    if "tl" in item:
                        item["tl"] = {"N": fraction(item["tl"]["N"])}
                elif "tgs" in item:
                    item["tgs"]["SS"].sort()
            ignored = "expired" if gone else ""
            if dead and kind != "usage_day":
                row_id = int(item["id"]["N"]) if kind == "usage_log" else number
                if row_id in dead:
                    ignored = "dead-lettered"
            return Observed(kind, (step, bucket_number(number, width)), ignored, references)
        except (KeyError, TypeError, ValueError, AttributeError, zlib.error):
            _salvage(item, large)
            return Observed(UNKNOWN, (UNKNOWN, 0))

    def _texts(self, kind: str, item: Item, large: tuple[str, ...]) -> tuple[str, ...]:
        """Brings the large texts into their form; the references to those that stand outside."""
        references: tuple[str, ...] = ()
        for name in large:
            value = item.get(name)
            if value is not None and ("S" not in value or len(value["S"]) > 1024):
                item[name], reference = _text_value(value)
                if reference:
                    references += (self._reference(kind, item, name, reference),)
        return references

    def _reference(self, kind: str, item: Item, attribute: str, reference: tuple[str, str, str]) -> str:
        owner = f"{_OWNERS[kind]}#{item['id']['N']}"
        ttl = item["ttl"]["N"] if kind == "usage_log" and "ttl" in item else ""
        name, parts, length = reference
        return text_record(f"TXT#{owner}", f"{attribute}#{name}", parts, ttl, length)

    def _part(self, pk: str, item: Item) -> Observed | None:
        """A part of a text: compared unless its owner is not."""
        head, _, number = pk[4:].partition("#")
        step = OWNER_STEPS.get(head)
        if step is None or not number.isdecimal():
            return Observed(UNKNOWN, (UNKNOWN, 0))
        if step not in self._steps:
            return None
        ignored = ""
        if int(number) in self._policy.dead_rows(step):
            ignored = "dead-lettered"
        elif step == "usage" and "ttl" in item:
            ttl = item["ttl"].get("N", "")
            if ttl.isdecimal() and int(ttl) <= self._policy.now:
                ignored = "expired"
        return Observed(TEXTS, text_bucket(pk), ignored)


def _salvage(item: Item, large: tuple[str, ...]) -> None:
    """Brings what can be read of a damaged item into a record's form, so that only the damage differs."""
    for name in large:
        try:
            item[name] = _text_value(item[name])[0]
        except (KeyError, TypeError, ValueError, AttributeError, zlib.error):
            continue


def _text_value(value: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, str, str] | None]:
    """A large text as it stands in records, and (name, parts, length) if it stands outside its item.

    Raises ValueError, KeyError, TypeError or zlib.error for what no reader could read.
    """
    if len(value) != 1:
        raise ValueError("not an attribute value")
    if "D" in value:
        return dict(value), None
    if "S" in value:
        data = value["S"].encode()
        return ({"D": digest_of(data)} if len(data) > INLINE_BYTES else dict(value)), None
    if "B" in value:
        data = zlib.decompress(base64.b64decode(value["B"], validate=True))
        return ({"D": digest_of(data)} if len(data) > INLINE_BYTES else {"S": data.decode()}), None
    outside = value["M"]
    digest, parts = outside["d"]["S"], outside["n"]["N"]
    name = f"{digest}.{outside['r']['S']}" if "r" in outside else digest
    length = outside["l"]["N"] if "l" in outside else ""
    if len(outside) != 2 + ("r" in outside) + ("l" in outside):
        raise ValueError("not a reference to a text")
    return {"D": digest}, (name, parts, length)
