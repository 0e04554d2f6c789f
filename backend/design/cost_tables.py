"""The generated tables that say what things cost and how far they go: patterns, prices, growth, heat."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from api.dynamodb.schema import keys
from api.dynamodb.schema.list_shards import FIRST_SHARDS
from config.prices import Prices
from design.growth import SCALES, Scale, bill, cost_of, stocks, units_per_second
from design.heat import REMEDY, Heat, simulate
from design.markdown import code, count, dollars, number, rounded, volume
from design.pages import chance_of_more, first_read
from design.patterns import BY_NAME, PATTERNS, Pattern
from design.recording import calls_of
from design.units import RESOURCES, TABLE, Touch, load, reads, writes
from reporting.text import markdown_table

# The document is written at the default prices, so that it does not depend on whose machine made it.
PRICES = Prices()


# The patterns that nearly all traffic is made of.
_MAIN = (
    "sign up", "record a Google sign-in", "session and user of a page", "newest problems", "problem by id",
    "page of test cases", "new run, private", "new run, public",
    "run by id, with its code", "a user's runs", "public timeline", "a user's progress", "admit a use",
)  # fmt: skip


def main_patterns() -> str:
    """The access patterns that nearly all traffic is made of."""
    return _pattern_table([BY_NAME[name] for name in _MAIN], priced=False)


def patterns() -> str:
    """Every access pattern with its key expression and cost."""
    return _pattern_table(PATTERNS)


def _pattern_table(patterns: Iterable[Pattern], *, priced: bool = True) -> str:
    rows = []
    for pattern in patterns:
        calls = calls_of(pattern.name)
        methods = ", ".join(code(method) for method in pattern.methods)
        rows.append(
            [
                pattern.name, methods, pattern.key, str(len(calls)), number(reads(calls)), number(writes(calls)),
                dollars(cost_of(reads(calls), writes(calls), 1000, PRICES)),
            ]
        )  # fmt: skip
    head = ["access pattern", "method", "key expression", "round trips", "RCU", "WCU", "1,000 times"]
    if not priced:
        head, rows = head[:-1], [row[:-1] for row in rows]
    return markdown_table(head, rows, right=4 if priced else 3)


def pages() -> str:
    """How a page of a list over four partitions is read."""
    rows = [
        [str(limit), str(first_read(limit, FIRST_SHARDS)), f"{chance_of_more(limit, FIRST_SHARDS):.0%}"]
        for limit in (10, 20, 50, 100)
    ]
    return markdown_table(
        ("page", "asked of each partition", "pages that need a further Query, at most"), rows, right=3
    )


def prices() -> str:
    """The prices that the document counts with."""
    rows = [
        ["1 million write units, on demand", code("PRICE_PER_MILLION_WRU"), f"${PRICES.per_million_wru:g}"],
        ["1 million read units, on demand", code("PRICE_PER_MILLION_RRU"), f"${PRICES.per_million_rru:g}"],
        ["1 GB stored for a month", code("PRICE_PER_GB_MONTH"), f"${PRICES.per_gb_month:g}"],
        ["units in Standard-IA", code("PRICE_INFREQUENT_REQUESTS"), f"{PRICES.infrequent_requests:g} times"],
        ["storage in Standard-IA", code("PRICE_INFREQUENT_STORAGE"), f"{PRICES.infrequent_storage:g} times"],
        [
            "1 GB imported by ImportTable, before compression",
            code("PRICE_PER_GB_IMPORT"),
            f"${PRICES.per_gb_import:g}",
        ],
    ]
    return markdown_table(("what", "setting", "default"), rows, right=1)


_GUIDE = (
    ("Rate limit check", "0.5 RCU", 0.0005, ("rate limit check",)),
    ("the same, decided, counted and logged", "", None, ("admit a use",)),
    ("User login (GSI1)", "0.5 RCU", 0.0005, ("user by e-mail (sign-in)",)),
    ("the same, recorded", "", None, ("user by e-mail (sign-in)", "record a sign-in")),
    ("Problem lookup", "0.5 RCU", 0.0005, ("problem by id",)),
    ("the same, by number", "", None, ("problem by platform and number",)),
    ("Public history (GSI2)", "1-2 RCU", 0.001, ("public timeline",)),
    ("Create user", "1.25 WCU", 0.00125, ("sign up",)),
)  # fmt: skip


def guide() -> str:
    """The migration guide's costs beside what the rules say of this design."""
    rows = []
    for name, units, price, made_of in _GUIDE:
        calls = [call for part in made_of for call in calls_of(part)]
        rcu, wcu = reads(calls), writes(calls)
        parts = [f"{number(n)} {unit}" for n, unit in ((rcu, "RCU"), (wcu, "WCU")) if n]
        rows.append(
            [
                name, units, "" if price is None else f"${price:g}", " + ".join(parts),
                dollars(cost_of(rcu, wcu, 1000, PRICES)),
            ]
        )  # fmt: skip
    return markdown_table(
        ("operation", "guide", "guide, 1,000 times", "here", "here, 1,000 times"), rows, right=4
    )


def _asked(pattern: Pattern, label: str) -> Touch:
    """What a pattern asks of the one partition key that a label such as "GSI2 `PUB#{0..3}`" is about."""
    resource = label.split(" ")[0] if label.startswith("GSI") else TABLE
    beginning = re.split(r"[`{.]", label.partition("`")[2])[0]
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for call in calls_of(pattern.name):
        for touch in call.touches:
            if touch.resource == resource and touch.pk.startswith(beginning):
                sums[touch.pk][0] += touch.reads
                sums[touch.pk][1] += touch.writes
    pk, (rcu, wcu) = max(sums.items(), key=lambda entry: load(*entry[1]))
    return Touch(resource, pk, rcu, wcu)


_TIMELINE = f"GSI2 `{keys.TIMELINE.partitions_text}`"
_USER_LIST = f"`{keys.USER_LIST.partitions_text}`"
_SPREAD_WRITES = {"new run, public": keys.TIMELINE.shards, "sign up": keys.USER_LIST.shards}
_PARTITIONS = (
    (f"`{keys.ALL_PROBLEMS.partitions_text}`", "newest problems",
     "every visitor", "a memory of the first page; `DYNAMODB_PROBLEM_LIST_SHARDS`"),
    ("`PRBLIST#PLT:...`, `PRBLIST#DIF:...`", "problems of a platform", "visitors of that platform", "the same"),
    ("`PRBLIST#TAG:...#0`", "problems of a tag", "visitors of that tag", "the same; a tag is one partition"),
    (f"`{keys.PROBLEM_CHANGES}`", "changes of the catalogue", "one read in 2 seconds from each process", "none needed"),
    (f"`{keys.WORD_PK}`", "problems by a word of the title",
     "searches that begin with the same two characters", "a memory; a longer prefix in the key"),
    (f"`{keys.PROBLEM_PK}`", "problem by id", "everybody at one problem", "a memory of the problem"),
    (f"`{keys.PROBLEM_PK}`", "page of test cases", "everybody at one problem", "a memory of its cases"),
    (_TIMELINE, "public timeline", "every visitor", "a memory of the first page"),
    (_TIMELINE, "new run, public", "every public run", "`DYNAMODB_TIMELINE_SHARDS`"),
    (f"`{keys.PLANS}`", "all plans", "one read a minute from each process", "the memory that it has"),
    (_USER_LIST, "sign up", "every sign-up", "`DYNAMODB_USER_LIST_SHARDS`"),
    (_USER_LIST, "page of all users", "administrators", "none needed"),
    (f"`{keys.RUN_PK}`", "change what no list shows (hints)", "one person", "none needed"),
    (f"GSI1 `{keys.EMAIL_PK}`", "user by e-mail (sign-in)", "one person", "none needed"),
    (f"GSI1 `{keys.EMAIL_PK}`", "record a sign-in", "one person", "none needed"),
    (f"`{keys.USER_PK}`", "user by id", "one person", "none needed"),
    (f"`{keys.SESSIONS_PK}`", "exchange a token, note a use", "one person", "none needed"),
    (f"`{keys.ADDRESS_PK}`", "count a failed sign-in", "everybody behind one address",
     "none needed: known refusals cost no call"),
    (f"`{keys.USAGE_PK}`", "rate limit check", "one person", "none needed"),
    (f"`{keys.USAGE_PK}`", "admit a use", "one person", "none needed"),
    (f"`{keys.USER_RUNS_PK}`", "a user's runs", "one person", "none needed"),
    (f"`{keys.RUN_PK}`", "run by id, with its code", "readers of one run", "none needed"),
)  # fmt: skip


def partitions() -> str:
    """The rate that each partition key stands by one kind of traffic alone."""
    rows = []
    for key, name, traffic, remedy in _PARTITIONS:
        touch = _asked(BY_NAME[name], key)
        rate = _SPREAD_WRITES.get(name, 1) / load(touch.reads, touch.writes)
        units_by_name = ((touch.reads, "RCU"), (touch.writes, "WCU"))
        units = " + ".join(f"{number(amount)} {unit}" for amount, unit in units_by_name if amount)
        rows.append([key, traffic, name, units, f"{rounded(rate)}/s", remedy])
    head = (
        "partition key",
        "shared by",
        "operation",
        "asks of one key",
        "all keys together stand",
        "to raise it",
    )
    return markdown_table(head, rows)


_SPREAD_LISTS = (
    ("timeline", "GSI2", keys.TIMELINE, "DYNAMODB_TIMELINE_SHARDS"),
    ("list of users", TABLE, keys.USER_LIST, "DYNAMODB_USER_LIST_SHARDS"),
    ("list of all problems", TABLE, keys.ALL_PROBLEMS, "DYNAMODB_PROBLEM_LIST_SHARDS"),
)  # fmt: skip


def _people(number_of_users: float) -> str:
    """A number of users, or that nobody needs it."""
    return f"{count(number_of_users)} users" if number_of_users < 8e9 else "never"


def shards() -> str:
    """What the lists that can be spread ask of their only partition, and at how many users it is half used."""
    scale = SCALES[1]
    rows = []
    for name, resource, entries, setting in _SPREAD_LISTS:
        rcu = wcu = 0.0
        for pattern, rate in scale.per_second(peak=True).items():
            for touch in (touch for call in calls_of(pattern) for touch in call.touches):
                if (touch.resource, touch.pk) == (resource, entries.pk(0)):
                    rcu, wcu = rcu + rate * touch.reads, wcu + rate * touch.writes
        share = load(rcu, wcu)
        rows.append([
            name, code(entries.pk(0)), rounded(rcu), rounded(wcu), f"{rounded(share * 100)} %",
            _people(scale.users / share / 2), _people(scale.users / load(0, wcu) / 2), code(setting),
        ])  # fmt: skip
    head = (
        "list", "partition", f"RCU/s, {count(scale.users)} users", "WCU/s", "of a partition",
        "half used at", "half used by writes alone at", "setting",
    )  # fmt: skip
    return markdown_table(head, rows)


def load_model() -> str:
    """The declared rates: what an active person does in a day."""
    scale = SCALES[0]
    rows = []
    for name, rate in scale.rates.items():
        calls = calls_of(name)
        rows.append([name, f"{rate:g}", number(rate * reads(calls)), number(rate * writes(calls))])
    total = [sum(r * f(calls_of(n)) for n, r in scale.rates.items()) for f in (reads, writes)]
    rows.append(["**all**", number(sum(scale.rates.values())), *map(number, total)])
    return markdown_table(("request", "a day", "RCU a day", "WCU a day"), rows, right=3)


def growth() -> str:
    """Three scales side by side."""
    rows: list[list[str]] = []

    def row(name: str, *cells: str) -> None:
        rows.append([name, *cells])

    each = [(s, stocks(s), units_per_second(s, peak=True), bill(s, PRICES)) for s in SCALES]
    row("problems", *[count(s.problems) for s, *_ in each])
    row("active a day", *[count(s.active) for s, *_ in each])
    row("requests a second at the peak", *[rounded(sum(s.per_second(peak=True).values())) for s, *_ in each])
    for n, stock in enumerate(each[0][1]):
        row(f"items: {stock.name}", *[count(stock_list[n].items) for _, stock_list, *_ in each])
    row("items", *[count(sum(st.items for st in stock_list)) for _, stock_list, *_ in each])
    row(
        "stored, indexes included",
        *[volume(sum(st.bytes for st in stock_list)) for _, stock_list, *_ in each],
    )
    row("RCU a second at the peak", *[rounded(units.reads) for _, _, units, _ in each])
    row("WCU a second at the peak", *[rounded(units.writes) for _, _, units, _ in each])
    row("reads a month", *[dollars(cost.reads) for *_, cost in each])
    row("writes a month", *[dollars(cost.writes) for *_, cost in each])
    row("storage a month", *[dollars(cost.storage) for *_, cost in each])
    row("**together a month**", *[dollars(cost.total) for *_, cost in each])
    row("in Standard-IA", *[dollars(bill(s, PRICES.infrequent).total) for s, *_ in each])
    row("for each active person", *[dollars(cost.total / s.active) for s, _, _, cost in each])
    return markdown_table(("", *[f"{count(s.users)} users" for s in SCALES]), rows, right=3)


def _heat_rows(heat: Heat, label: str) -> list[list[str]]:
    rows = []
    for resource in RESOURCES:
        for key in heat.top(resource, 3 if resource == RESOURCES[0] else 1):
            share = f"{rounded(key.share * 100)} %"
            over = f"**{share}**" if key.share > 1 else share
            rows.append([label, resource, code(key.pk), rounded(key.reads), rounded(key.writes), over])
    return rows


def simulated(scale: Scale) -> list[tuple[str, Heat]]:
    """The simulations of a scale: as declared, and with the remedy if a key is overloaded."""
    simulations = [(f"{count(scale.users)} users", simulate(scale))]
    if simulations[0][1].overloaded:
        simulations.append((f"{count(scale.users)}, remedied", simulate(scale, REMEDY)))
    return simulations


def heat() -> str:
    """The hottest keys of the peak second at each scale."""
    head = ("scale", "resource", "partition key", "RCU/s", "WCU/s", "of a partition")
    rows = []
    lines = []
    for scale in SCALES:
        for label, outcome in simulated(scale):
            rows += _heat_rows(outcome, label)
            over = outcome.overloaded
            summary = f"{len(over)} keys over the limit" if over else "no key over the limit"
            if over:
                summary += f" ({', '.join(sorted(code(key.pk) for key in over))})"
            lines.append(f"- {label}: {summary}.")
    return markdown_table(head, rows, right=3) + "\n\n" + "\n".join(lines)
