"""Two thresholds: chosen by hand, never overlapping, unreachable with a reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteohip.errors import StudyError
from osteohip.evaluation.proportions import wilson
from osteohip.evaluation.triage import (
    BASES,
    Limit,
    Triage,
    apply_triage,
    choose_triage,
    read_triage,
)

CASES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=1, max_size=150)


def choose(labels: list[int], scores: list[float], **further: object) -> Triage:
    settings = {"basis": "estimate", "ppv": 0.75, "npv": 0.75} | further
    return choose_triage(
        labels=np.array(labels), scores=np.array(scores), chosen_on="validation", **settings
    )


def test_thresholds_by_hand() -> None:
    # From above 1/1, 2/2, 2/3, 3/4, 3/5 with osteoporosis; from below 1/1, 2/2, 2/3, 2/4 without.
    found = choose([1, 1, 0, 1, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
    assert found.rule_in == Limit(0.75, 0.6, 3, 4)
    assert found.rule_out == Limit(0.75, 0.6, 3, 4)
    strict = choose(
        [1, 1, 0, 1, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], ppv=0.8, npv=0.8
    )
    assert strict.rule_in == Limit(0.8, 0.8, 2, 2)
    assert strict.rule_out == Limit(0.8, 0.4, 2, 2)


def test_what_it_does_elsewhere() -> None:
    triage = Triage("estimate", Limit(0.95, 0.8, 9, 9), Limit(0.95, 0.2, 9, 9), "validation")
    found = apply_triage(
        triage,
        labels=np.array([1, 1, 0, 1, 0, 0, 1]),
        scores=np.array([0.9, 0.8, 0.85, 0.5, 0.2, 0.1, 0.19]),
    )
    counts = ("ruled_in", "ruled_out", "undecided", "false_rule_in", "false_rule_out")
    assert [found[name] for name in counts] == [3, 2, 2, 1, 1]
    shares = {name: (found[name]["k"], found[name]["n"]) for name in ("decided", "wrong")}
    assert shares == {"decided": (5, 7), "wrong": (2, 5)}
    assert (found["ppv"]["k"], found["ppv"]["n"]) == (2, 3)
    assert (found["npv"]["k"], found["npv"]["n"]) == (1, 2)


@given(CASES, st.sampled_from(BASES), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_targets_are_met_and_nobody_is_both(
    cases: list[tuple[int, int]], basis: str, ppv: float, npv: float
) -> None:
    labels, scores = [c[0] for c in cases], [c[1] / 10 for c in cases]
    triage = choose(labels, scores, basis=basis, ppv=ppv, npv=npv)
    for limit in (triage.rule_in, triage.rule_out):
        assert (limit.threshold is None) == (limit.reason is not None)
        if limit.threshold is not None:
            share = wilson(k=limit.k, n=limit.n)
            value = share.estimate if basis == "estimate" else share.low
            assert value >= limit.target - 1e-9
    done = apply_triage(triage, labels=np.array(labels), scores=np.array(scores))
    assert done["ruled_in"] + done["ruled_out"] + done["undecided"] == len(cases)
    assert done["undecided"] >= 0
    if triage.rule_in.threshold is not None:
        assert (done["ruled_in"], done["ppv"]["k"]) == (triage.rule_in.n, triage.rule_in.k)
    if triage.rule_out.threshold is not None:
        assert (done["ruled_out"], done["npv"]["k"]) == (triage.rule_out.n, triage.rule_out.k)


def test_few_cases_cannot_reach_a_lower_bound() -> None:
    labels, scores = [1] * 30 + [0] * 30, [0.9] * 30 + [0.1] * 30
    found = choose(labels, scores, basis="lower_bound", ppv=0.95, npv=0.95)
    reason = "no threshold reaches a positive predictive value with its lower limit of 95 %"
    assert found.rule_in == Limit(0.95, None, None, None, reason)
    done = apply_triage(found, labels=np.array(labels), scores=np.array(scores))
    assert (done["ruled_in"], done["ppv"]["estimate"], done["ppv"]["reason"]) == (0, None, reason)
    # 73 of 73 have a lower limit of 95.0 %, 72 of 72 one of 94.9 %.
    for n, reached in ((72, False), (73, True)):
        found = choose([1] * n + [0] * n, [0.9] * n + [0.1] * n, basis="lower_bound", ppv=0.95)
        assert (found.rule_in.threshold is not None) == reached


def test_files_are_read_as_written_or_refused(tmp_path: Path) -> None:
    labels, scores = [1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]
    written = [choose(labels, scores, basis=basis) for basis in BASES]
    path = tmp_path / "triage.json"
    path.write_text(json.dumps([triage.as_json() for triage in written]))
    assert read_triage(path) == written
    for content in ("[]", "{", '[{"basis": "estimate"}]', "3"):
        path.write_text(content)
        with pytest.raises(StudyError, match=r"triage\.json: expected JSON with a triage"):
            read_triage(path)
    with pytest.raises(StudyError, match="there is no file"):
        read_triage(tmp_path / "none.json")


@pytest.mark.parametrize("part", ["external", None])
def test_a_triage_chosen_on_other_cases_is_refused(tmp_path: Path, part: str | None) -> None:
    first, second = (choose([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], basis=basis) for basis in BASES)
    path = tmp_path / "triage.json"
    path.write_text(json.dumps([first.as_json(), second.as_json() | {"chosen_on": part}]))
    with pytest.raises(StudyError, match='expected `chosen_on` to be "validation"'):
        read_triage(path)
