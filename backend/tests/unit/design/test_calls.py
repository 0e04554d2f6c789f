"""The calls that are recorded from a table in memory; `test_explain_on_engine` compares them with an engine's."""

from __future__ import annotations

import re

from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from design.actor import Actor
from design.growth import SCALES
from design.recording import recorded_calls


def test_the_simulation_uses_no_id_or_name_of_the_typical_request() -> None:
    typical = re.compile(r"\d{9}|example|baekjoon|11657|gold 4|graphs|shortest|dynamic")
    for name in SCALES[0].per_second(peak=True):
        touches = recorded_calls()[name].touches
        assert [touch.pk for touch in touches if typical.search(touch.pk)] == []


def test_an_actor_writes_to_the_keys_and_shards_of_its_own_ids() -> None:
    actor = Actor(1, 2, 3, 7, "a@b.c", "g", "swea", "12", "gold", ["x"], ["word"], "hint")
    written = {
        name: {t.key(actor) for t in recorded_calls()[name].touches if t.writes}
        for name in ("sign up", "new run, public", "publish or hide a run", "new problem (3 tags, 3 words)")
    }
    lists = {"USR#1#RUN", "USR#1#PRB#2"}
    assert written["sign up"] == {"USR#7", "EML#a@b.c", "GID#g", keys.USER_LIST.pk_of(7)}
    assert written["new run, public"] == {"RUN#7", keys.TIMELINE.pk_of(7), *lists}
    assert written["publish or hide a run"] == {"RUN#3", keys.TIMELINE.pk_of(3), *lists}
    assert written["new problem (3 tags, 3 words)"] - {None} == {
        "PRB#7", "NUM#swea#12", "PRBLIST#TAG:x#0", "PRBWORD#wo", keys.ALL_PROBLEMS.pk_of(7), keys.PROBLEM_CHANGES,
        PROBLEM_RULES.current.platform_list("swea").pk_of(7), PROBLEM_RULES.current.difficulty_list("gold").pk_of(7),
    }  # fmt: skip
