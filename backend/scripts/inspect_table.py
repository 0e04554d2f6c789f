"""Shows every item of one subject in the table, and what is wrong with it. Reads only."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import InvalidInput
from config.environment import environment
from scripts import _entry

if TYPE_CHECKING:
    from inspection.lookup import Lookup, Subject

_THINGS = {
    "user": "user ID", "email": "email ADDRESS", "run": "run ID", "problem": "problem ID, or problem PLATFORM NUMBER",
    "case": "case PROBLEM_ID CASE_ID", "usage": "usage USER_ID YYYY-MM-DD", "plan": "plan ID",
}  # fmt: skip
_LIMIT = 20


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Show every item of one subject with long names, sizes in bytes, units to read and write it, expiry and index "
        "membership, and what is wrong with it. Nothing is written. Exit code 0: nothing is wrong; 1: something is; "
        "2: there is no such subject, or it could not be read."
    )
    parser.add_argument("subject", choices=sorted(_THINGS), help="; ".join(_THINGS.values()))
    parser.add_argument("values", nargs="+", metavar="VALUE", help="what names it")
    parser.add_argument(
        "--limit", type=int, default=_LIMIT, metavar="N",
        help=f"read the newest N of each list, such as a user's runs (default: {_LIMIT})",
    )  # fmt: skip
    parser.add_argument(
        "--personal", action="store_true",
        help="show e-mail addresses, names, pictures, Google ids, devices and network addresses",
    )  # fmt: skip
    parser.add_argument("--full", action="store_true", help="show large texts completely")
    return parser


def main(options: argparse.Namespace) -> int:
    """Reads and shows the subject; 0 when nothing is wrong with it, 1 otherwise."""
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.clock import utc_now
    from api.dynamodb.metering import meter
    from api.dynamodb.table.store import Store
    from api.dynamodb.transport.factory import bulk_transport_for
    from inspection.long_names import as_json_value
    from inspection.lookup import Lookup
    from inspection.report import report

    if options.limit < 1:
        raise InvalidInput(f"--limit is {options.limit}: give a number from 1")
    settings = environment()
    read = _reader(options.subject, options.values)
    # An operator can wait longer than a web request.
    store = Store(bulk_transport_for(DynamoDBClient.get_client(patient=True)), settings.table_name)
    with meter.recording() as metered:
        subject = read(Lookup(store, utc_now, options.limit))
    document = {
        "table": settings.table_name, **report(subject, utc_now(), personal=options.personal, full=options.full),
        "cost": {"round_trips": len(metered.calls), "read_units": metered.read_units},
    }  # fmt: skip
    if options.json:
        print(json.dumps(document, default=as_json_value, ensure_ascii=False))
    else:
        print("\n".join(_lines(document)))
    return _entry.EXIT_DIFFERENT if subject.findings else 0


def _reader(name: str, values: list[str]) -> Callable[[Lookup], Subject]:
    """What reads the subject of that name. Raises `InvalidInput` for values that name none."""
    from inspection import subjects

    unusable = InvalidInput(f"give {_THINGS[name]}")
    try:
        match name, values:
            case "user", [number]:
                return partial(subjects.user, user_id=int(number))
            case "run", [number]:
                return partial(subjects.run, run_id=int(number))
            case "plan", [number]:
                return partial(subjects.plan, plan_id=int(number))
            case "email", [address]:
                return partial(subjects.email, address=address)
            case "problem", [number]:
                return partial(subjects.problem, problem_id=int(number))
            case "problem", [platform, number]:
                return partial(subjects.problem_by_number, platform=platform, number=number)
            case "case", [problem, number]:
                return partial(subjects.case, problem_id=int(problem), case_id=int(number))
            case "usage", [number, day]:
                return partial(subjects.usage, user_id=int(number), day=date.fromisoformat(day))
    except ValueError:
        raise unusable from None
    raise unusable


def _lines(document: dict[str, Any]) -> list[str]:
    from inspection.long_names import as_json_value
    from reporting.numbers import plural

    totals, cost = document["totals"], document["cost"]
    lines = [
        f"{document['subject']} in {document['table']} at {environment().target}: {plural(totals['items'], 'item')}, "
        f"{totals['bytes']:,} bytes, {totals['stored_bytes']:,} as they are billed"
    ]
    for item in document["items"]:
        lines += _item_lines(item, as_json_value)
    lines += [f"not all of {cut} are shown: --limit reads more" for cut in document["cut"]]
    for finding in document["findings"]:
        key = " / ".join(finding["key"].values())
        lines += [f"WRONG {finding['check']}: {finding['kind']} {key}: {finding['message']}"]
        lines += [f"      next: {finding['next_step']}"]
    wrong = plural(len(document["findings"]), "fault") if document["findings"] else "nothing is wrong"
    return [*lines, f"{wrong}; read with {plural(cost['round_trips'], 'call')}, {cost['read_units']:g} RCU"]


def _item_lines(item: dict[str, Any], as_json_value: Callable[[Any], Any]) -> list[str]:
    state = ""
    if item["expires_at"]:
        state = f", {'expired' if item['is_expired'] else 'expires'} {item['expires_at']}"
    lines = [
        f"{item['kind']}  {' / '.join(item['key'].values())}",
        f"    {item['bytes']:,} bytes; "
        f"to read {item['read_units']:g} RCU, {item['consistent_read_units']:g} consistent; "
        f"to write {item['write_units']:g} WCU, {item['transaction_write_units']:g} in a transaction{state}",
    ]
    for index in item["indexes"]:
        listed = "listed" if index["is_listed"] else "NOT listed"
        lines.append(
            f"    {index['index']}: {listed}, {index['bytes']:,} bytes, {' / '.join(index['key'].values())}"
        )
    for name, value in item["fields"].items():
        text = json.dumps(value, default=as_json_value, ensure_ascii=False)
        if text.startswith('"'):
            text = json.loads(text)
        lines.append(f"    {name}: {' '.join(text.split())}")
    return lines


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
