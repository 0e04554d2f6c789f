"""What became of the writes of `drill`: how many were made, refused, lost, doubled, and how long none was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from benchmarks.figures import Target, columns, target_table

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"
MOST_SECONDS = 5
MARKER = "# drill "
METHOD = """\
An application writes MySQL and a service writes the table, at steady rates, from before the copy until after the end;
whoever has not got the writes is refused, and tries again. A transaction is left open before each cutover, which has to
give up, and is ended by hand. A pause is the longest time between two writes of anybody around a phase. At the end
every write that somebody was told has succeeded is looked for in both stores. Everything shares one machine."""


class Phase(NamedTuple):
    """A phase: when it began (epoch seconds), how long it took, what is said of it, and how long its pause may be.

    `most_pause` is in seconds: 0 for a phase in which nobody's writes have to stop or whose pause has no limit.
    """

    name: str
    began: float
    seconds: float
    note: str = ""
    most_pause: float = 0

    @property
    def ended(self) -> float:
        """When it ended, in epoch seconds."""
        return self.began + self.seconds


class Attempt(NamedTuple):
    """A write that somebody tried: its number, when it began and ended (epoch seconds), and what became of it."""

    number: int
    began: float
    ended: float
    outcome: str


def token(who: str, number: int) -> str:
    """The text by which a write is found again."""
    return f"{MARKER}{who} {number}"


@dataclass
class Account:
    """What became of every write: by writer, what it was told; what both stores have; the pause of each phase.

    `lost` writes are not in the table. `lost_in_mysql` counts those from before the end that are not in MySQL.
    `doubled` ones are in a store more than once, `made_all_the_same` were refused and are in one.
    """

    outcomes: dict[str, Counter[str]]
    lost: int = 0
    lost_in_mysql: int = 0
    doubled: int = 0
    made_all_the_same: int = 0
    pauses: dict[str, float] = field(default_factory=dict)


def settle(
    attempts: Mapping[str, Sequence[Attempt]],
    phases: Sequence[Phase],
    table: Counter[str],
    mysql: Counter[str],
) -> Account:
    """Looks for every write of each writer in what the stores have, by token. The last phase is the end of MySQL."""
    by_token = {token(who, attempt.number): attempt for who in attempts for attempt in attempts[who]}
    accepted = {text: attempt for text, attempt in by_token.items() if attempt.outcome == OK}
    # Nobody's writes may go on to the last attempt: then the pause is as long as it was watched.
    moments = sorted(attempt.ended for attempt in accepted.values())
    moments += [max((attempt.ended for attempt in by_token.values()), default=0.0)]
    return Account(
        {who: Counter(attempt.outcome for attempt in attempts[who]) for who in attempts},
        lost=sum(1 for text in accepted if not table[text]),
        lost_in_mysql=sum(
            1 for text, attempt in accepted.items() if attempt.ended < phases[-1].began and not mysql[text]
        ),
        doubled=sum(1 for store in (table, mysql) for number in store.values() if number > 1),
        made_all_the_same=sum(
            1
            for text, attempt in by_token.items()
            if attempt.outcome == REFUSED and (table[text] or mysql[text])
        ),
        pauses={phase.name: _pause(moments, phase) for phase in phases},
    )


def _pause(moments: Sequence[float], phase: Phase) -> float:
    """The longest time between two writes, of which one at least was waited for during the phase."""
    gaps = (
        after - before for before, after in pairwise(moments) if after > phase.began and before < phase.ended
    )
    return max(gaps, default=0.0)


def targets(account: Account, phases: Sequence[Phase]) -> list[Target]:
    """What is to be reached."""
    counts = (
        ("lost", "writes lost", account.lost),
        ("lost_in_mysql", "writes from before the end that MySQL lacks", account.lost_in_mysql),
        ("doubled", "writes doubled", account.doubled),
        ("refused_and_made", "writes refused and made all the same", account.made_all_the_same),
    )
    pauses = [(phase, account.pauses[phase.name]) for phase in phases if phase.most_pause]
    return [
        *(Target("drill", name, label, "", "count", number, 0) for name, label, number in counts),
        *(
            Target("drill", phase.name, f"pause, {phase.name}", "", "s", pause, phase.most_pause)
            for phase, pause in pauses
        ),
    ]


def report_text(account: Account, phases: Sequence[Phase], reached: Sequence[Target]) -> str:
    """The report, for people."""
    by_phase = [
        [phase.name, f"{phase.seconds:,.1f}", f"{account.pauses[phase.name]:,.1f}", phase.note]
        for phase in phases
    ]
    writes = [
        [who, *(f"{outcomes[outcome]:,}" for outcome in (OK, REFUSED, UNKNOWN))]
        for who, outcomes in account.outcomes.items()
    ]
    parts = (
        columns([["phase", "seconds", "pause", ""], *by_phase]),
        columns([["writer", "made", "refused", "unknown"], *writes]),
        target_table(reached),
        f"Method: {METHOD}",
    )
    return "\n\n".join(parts)
