"""A forged journal, chained and sealed anew, replays to a divergence that names what was forged, or is refused; it is never identical.

Forged is either what happened (the records) or what is said to have been flown (the header).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flights import THOROUGH, examples, fly
from forging import Record, opened, sealed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import drillbook
from drillbook.errors import BadInput
from drillbook.journal import Journal
from drillbook.replaying import Replay, Replayer
from drillbook.sidebyside import replay_document, report

Place = tuple[str | int, ...]

SLOW = settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def replayer() -> Replayer:
    """One for all, as a corpus has it: what one journal brings along must not colour the next."""
    return Replayer()


@pytest.fixture(scope="module")
def forked() -> Journal:
    return drillbook.fork(fly("month-end-bug"), at="triage", delay="3m").drill.journal


def judged(replayer: Replayer, path: Path, content: bytes) -> Replay | str:
    """The replay of a forged journal, told in every form that it has; or the line in which it is refused."""
    path.write_bytes(content)
    try:
        done = replayer.replay(path, twice=False)
    except BadInput as refused:
        assert all((one.file, one.line > 0, one.column) == (str(path), True, 1) for one in refused.problems), refused
        assert str(refused.problems[0]).isprintable()
        return refused.problems[0].message
    assert done.identical or "verdict" in "".join(report(done))
    assert orjson.loads(orjson.dumps(replay_document(done)))["verdict"] == done.verdict
    return done


def named(done: Replay, record: Record) -> bool:
    """Whether a report names a record: by its number, or as the task that it belongs to."""
    assert done.divergence is not None
    told = (done.divergence.first, *done.divergence.siblings)
    return any(record["seq"] == one.seq or one.path.partition(" ")[0] == record["at"][1] for one in told)


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """The place of every value within a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield (*here, key)
        yield from places(part, (*here, key))


def at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=4,
)  # fmt: skip


def edited(data: st.DataObject, value: Any, within: Place = ()) -> Any:
    """A copy with one value in it otherwise, gone, doubled, or new."""
    value = copy.deepcopy(value)
    place = within + data.draw(st.sampled_from([*places(at(value, within))]))
    around, key = at(value, place[:-1]), place[-1]
    was = around[key]
    near: tuple[Any, ...] = (not was,) if isinstance(was, bool) else (was + 1, was * 1000) if isinstance(was, int) else (f"{was}x",)
    how = data.draw(st.sampled_from(["other", "near", "gone", "new"]))
    if how == "gone":
        del around[key]
    elif how == "new" and isinstance(around, list):
        around.insert(int(key), copy.deepcopy(was))
    elif how == "new":
        around[data.draw(st.text(max_size=4))] = data.draw(JSON)
    else:
        around[key] = data.draw(st.sampled_from(near) if how == "near" else JSON)
    return value


@SLOW
@given(data=st.data())
def test_an_edited_record_is_named(data: st.DataObject, replayer: Replayer, forked: Journal, tmp_path: Path) -> None:
    journal = data.draw(st.sampled_from([fly("flapping-alert").journal, fly("month-end-bug").journal, forked]))
    header, records = opened(journal.to_bytes())
    place = data.draw(st.integers(0, len(records) - 1))
    forged = [*records[:place], edited(data, records[place]), *records[place + 1 :]]
    content = sealed(header, forged)
    done = judged(replayer, tmp_path / "forged.jsonl", content)
    if content == journal.to_bytes():
        assert isinstance(done, Replay)
        assert done.identical
    elif isinstance(done, str):
        assert done.startswith(f"record {place} ")
    else:
        assert named(done, records[place])


@pytest.mark.parametrize(("name", "step"), [("flapping-alert", 1 if THOROUGH else 3), ("month-end-bug", 6 if THOROUGH else 18)])
def test_a_record_that_is_removed_doubled_or_moved_is_named(name: str, step: int, replayer: Replayer, tmp_path: Path) -> None:
    header, records = opened(fly(name).journal.to_bytes())
    for place, record in [*enumerate(records)][::step]:
        rest = [*records[:place], *records[place + 1 :]]
        removed = judged(replayer, tmp_path / "forged.jsonl", sealed(header, rest))
        doubled = judged(replayer, tmp_path / "forged.jsonl", sealed(header, [*records[: place + 1], record, *records[place + 1 :]]))
        moved = judged(replayer, tmp_path / "forged.jsonl", sealed(header, [*rest[: (place + 3) % len(records)], record, *rest[(place + 3) % len(records) :]]))
        for done in (removed, doubled, moved):
            assert isinstance(done, Replay)
            assert named(done, record), (place, done.divergence)


def test_a_journal_that_was_cut_off_and_sealed_again_misses_what_came_next(replayer: Replayer, tmp_path: Path) -> None:
    header, records = opened(fly("month-end-bug").journal.to_bytes())
    for length in range(0, len(records), 4):
        done = judged(replayer, tmp_path / "forged.jsonl", sealed(header, records[:length]))
        assert isinstance(done, Replay)
        assert named(done, records[length]), (length, done.divergence)


def test_a_record_that_never_was_is_named(replayer: Replayer, tmp_path: Path) -> None:
    """A message that was never sent, and a rollback that was never carried out."""
    header, records = opened(fly("month-end-bug").journal.to_bytes())
    last = records[-1]
    act = {**last, "kind": "act", "actor": "devops_automator", "in": {"name": "rollback", "target": "checkout"},
           "out": {"accepted": True, "detail": "rolled back", "kind": "receipt", "takes_effect": last["vt"]}}  # fmt: skip
    say = {**act, "kind": "say", "in": {"name": "publish_status", "topic": "status_update"}, "out": {"text": "All is well", "state": "Resolved"}}
    for record in (act, say):
        done = judged(replayer, tmp_path / "forged.jsonl", sealed(header, [*records[:-1], record, last]))
        assert isinstance(done, Replay)
        assert done.divergence is not None
        assert record["kind"] in {one.record for one in (done.divergence.first, *done.divergence.siblings)} | {
            str(part.recorded) for one in (done.divergence.first, *done.divergence.siblings) for part in one.fields}  # fmt: skip


def test_records_of_another_drill_are_found(replayer: Replayer, tmp_path: Path) -> None:
    header, records = opened(fly("month-end-bug").journal.to_bytes())
    _, others = opened(fly("flapping-alert").journal.to_bytes())
    for content in (sealed(header, others), sealed(header, [*records, *others]), sealed(header, [*others, *records]), sealed(header, [])):
        done = judged(replayer, tmp_path / "forged.jsonl", content)
        assert isinstance(done, Replay)
        assert done.verdict == "CHANGED"


@SLOW
@given(data=st.data())
def test_an_edited_header_is_flown_as_it_stands_or_refused(data: st.DataObject, replayer: Replayer, forked: Journal, tmp_path: Path) -> None:
    """What it says may make no difference: then every record is the same. But it is what was flown."""
    journal = data.draw(st.sampled_from([fly("flapping-alert").journal, fly("month-end-bug").journal, forked]))
    header, records = opened(journal.to_bytes())
    within: list[Place] = [(), ("cast",), ("inputs", "scenario"), ("inputs", "system"), ("inputs", "runbook")]
    forged = edited(data, header, data.draw(st.sampled_from([*within, *([("fork",)] if "fork" in header else [])])))
    done = judged(replayer, tmp_path / "forged.jsonl", sealed(forged, records))
    if isinstance(done, str):
        return
    flown = done.drill.journal
    assert done.identical == (flown.body == journal.body)
    assert (flown.header["seed"], flown.header["cast"]) == (forged["seed"], forged["cast"])
    assert {*forged["inputs"]} >= {"scenario", "system", "runbook"}


def put(place: str, value: Any) -> Callable[[Record], None]:
    """A forger who writes a value at a place, as `inputs.scenario.seed`."""
    *around, key = [int(part) if part.isdecimal() else part for part in place.split(".")]

    def forge(header: Record) -> None:
        at(header, tuple(around))[key] = value

    return forge


def gone(place: str) -> Callable[[Record], None]:
    *around, key = [int(part) if part.isdecimal() else part for part in place.split(".")]

    def forge(header: Record) -> None:
        del at(header, tuple(around))[key]

    return forge


def circle(header: Record) -> None:
    """Somebody calls back."""
    components = header["inputs"]["system"]["components"]
    caller = next(one for one in components if one.get("calls"))
    called = next(one for one in components if one["name"] == caller["calls"][0]["to"])
    called["calls"] = [{"to": caller["name"]}]


def other_scenario(header: Record) -> None:
    other = fly("month-end-bug").journal.header
    header["inputs"]["scenario"], header["scenario"] = other["inputs"]["scenario"], other["scenario"]


def other_inputs(header: Record) -> None:
    header["inputs"] = dict(fly("month-end-bug").journal.header["inputs"])


DIVERGES: dict[str, tuple[str, Callable[[Record], None]]] = {
    "another seed": ("checkout-bad-deploy", put("seed", 8)),
    "another scenario": ("checkout-bad-deploy", other_scenario),
    "a fault is weaker": ("checkout-bad-deploy", put("inputs.scenario.faults.0.magnitude", 0.2)),
    "a fault is later": ("checkout-bad-deploy", put("inputs.scenario.faults.0.at", 900_000)),
    "a deployment is kept quiet": ("checkout-bad-deploy", gone("inputs.scenario.deployments.0")),
    "another date": ("checkout-bad-deploy", put("inputs.scenario.starts", "2031-01-01T00:00:00Z")),
    "somebody else played": ("checkout-bad-deploy", put("cast.infrastructure_maintainer", "constant")),
    "a patient runbook": ("checkout-bad-deploy", put("inputs.runbook.watch.lasts", 3_600_000)),
    "a generous limit": ("checkout-bad-deploy", put("inputs.runbook.parameters.revenue_threshold_usd", 1)),
    "the fork is denied": ("fork", gone("fork")),
    "the fork was later": ("fork", put("fork.changes.0.delay", 600_000)),
    "a fork that never was": ("checkout-bad-deploy", put("fork", {"parent": "0" * 64, "changes": [{"step": "triage", "delay": 600_000}]})),
}  # fmt: skip


def forged_header(name: str, forked: Journal, forge: Callable[[Record], None]) -> bytes:
    header, records = opened((forked if name == "fork" else fly(name).journal).to_bytes())
    forge(header)
    return sealed(header, records)


@pytest.mark.parametrize("what", DIVERGES)
def test_what_was_not_flown_so_diverges(what: str, replayer: Replayer, forked: Journal, tmp_path: Path) -> None:
    name, forge = DIVERGES[what]
    done = judged(replayer, tmp_path / "forged.jsonl", forged_header(name, forked, forge))
    assert isinstance(done, Replay)
    assert done.verdict == "CHANGED"


def change(**fields: Any) -> Callable[[Record], None]:
    return put("fork", {"parent": "0" * 64, "changes": [{"step": "triage", **fields}]})


DEPLOY = "checkout-bad-deploy"
REFUSED: dict[str, tuple[str, Callable[[Record], None], str]] = {
    "an unknown role": (DEPLOY, put("cast.chief_of_everything", "stub"), "'chief_of_everything' is in one of them only"),
    "a role is missing": (DEPLOY, gone("cast.legal_compliance_checker"), "'legal_compliance_checker' is in one of them only"),
    "an unknown brain": (DEPLOY, put("cast.devops_automator", "genius"), "genius: no brain; valid: "),
    "a function that nobody has": (DEPLOY, put("cast.devops_automator", "function os.system"), "give it in Python, in the cast"),
    "a route to nowhere": (DEPLOY, put("inputs.runbook.steps.triage.routes.0.to", "heaven"), "unknown step 'heaven'"),
    "a role of no runbook": (DEPLOY, put("inputs.runbook.commander", "captain"), "unknown role 'captain'"),
    "no runbook": (DEPLOY, put("inputs.runbook", {}), "runbook.name: Field required"),
    "a system in a circle": (DEPLOY, circle, "calls go in a circle"),
    "an unknown component": (DEPLOY, put("inputs.scenario.faults.0.target", "checkuot"), "did you mean 'checkout'?"),
    "an unknown fault": (DEPLOY, put("inputs.scenario.faults.0.kind", "gremlins"), "unknown fault kind 'gremlins'"),
    "nothing happens": ("flapping-alert", gone("inputs.scenario.trigger"), "no alert rule of shop fires"),
    "an alert of no component": (DEPLOY, put("inputs.alerts.0.component", "moon"), "unknown component 'moon'"),
    "an alert in a million years": (DEPLOY, put("inputs.alerts.0.starts_at", 2**62), "further than a year"),
    "a time in a million years": (DEPLOY, put("inputs.scenario.faults.0.at", 2**62), "is not a duration"),
    "a time before time": (DEPLOY, put("inputs.scenario.faults.0.at", -1), "is not a duration"),
    "a huge seed": (DEPLOY, put("seed", 2**63), "no sound 'seed'"),
    "a latency beyond numbers": (DEPLOY, put("inputs.system.components.0.latency_ms", 1e308), "less than or equal to"),
    "more users than stars": (DEPLOY, put("inputs.system.users_per_minute", 2**63), "less than or equal to"),
    "a watch without end": (DEPLOY, put("inputs.runbook.watch.lasts", 2**60), "is not a duration"),
    "inputs that are text": (DEPLOY, put("inputs", "checkout"), "no sound 'inputs'"),
    "another's inputs": (DEPLOY, other_inputs, "names the scenario 'checkout-bad-deploy' and carries another"),
    "a fork of a stranger": (DEPLOY, change(without="nobody"), "see its without"),
    "a fork that does what is no remedy": (DEPLOY, change(do=["devops_automator", "sell", "checkout"]), "see its do"),
    "a fork by the wrong role": (DEPLOY, change(do=["support_responder", "rollback", "checkout"]), "see its do"),
    "a fork before the start": (DEPLOY, change(attempt=-2), "see its attempt"),
    "a fork of a step that there is not": (DEPLOY, change(step="sleep"), "see its step"),
    "a fork into the past": (DEPLOY, change(delay=-5), "see its delay"),
    "a fork without end": (DEPLOY, change(delay=2**60), "see its delay"),
    "a fork of what is not concluded": (DEPLOY, change(set=[["diagnosed.mood", "good"]]), "see its set"),
    "a fork to what cannot be": (DEPLOY, change(set=[["declared.severity", 7]]), "declared.severity"),
    "a fork of nobody": (DEPLOY, put("fork", {"parent": "mother", "changes": [{"step": "triage"}]}), "see its parent"),
    "a fork of nothing": (DEPLOY, put("fork", {"parent": "0" * 64, "changes": []}), "see its parent"),
    "a fork that is a list": (DEPLOY, put("fork", []), "see its form"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_flown_is_refused_by_name(what: str, replayer: Replayer, forked: Journal, tmp_path: Path) -> None:
    name, forge, message = REFUSED[what]
    told = judged(replayer, tmp_path / "forged.jsonl", forged_header(name, forked, forge))
    assert isinstance(told, str)
    assert message in told


def test_a_runbook_that_goes_in_circles_is_refused(replayer: Replayer, tmp_path: Path) -> None:
    header, records = opened(fly("flapping-alert").journal.to_bytes())
    for row in header["inputs"]["runbook"]["steps"]["triage"]["routes"]:
        row["to"] = "triage"
        row.pop("concludes", None)
    told = judged(replayer, tmp_path / "forged.jsonl", sealed(header, records))
    assert isinstance(told, str)
    assert "triage" in told


def test_a_header_whose_hashes_are_not_those_of_what_it_carries_is_refused(replayer: Replayer, tmp_path: Path) -> None:
    for place, message in (("inputs.scenario.faults.0.magnitude", "'scenario_hash'"), ("inputs.runbook.watch.lasts", "'runbook'")):
        header, records = opened(fly("checkout-bad-deploy").journal.to_bytes())
        put(place, 0.2)(header)
        told = judged(replayer, tmp_path / "forged.jsonl", sealed(header, records, hashed=False))
        assert isinstance(told, str)
        assert message in told


def test_what_one_forged_journal_carries_does_not_colour_the_next(replayer: Replayer, tmp_path: Path) -> None:
    """One replayer, many journals: runbooks and systems are kept, and lent only to journals that carry the same."""
    genuine = fly("checkout-bad-deploy").journal.to_bytes()
    for what in ("a patient runbook", "somebody else played", "another seed"):
        judged(replayer, tmp_path / "forged.jsonl", forged_header("checkout-bad-deploy", fly("flapping-alert").journal, DIVERGES[what][1]))
        done = judged(replayer, tmp_path / "genuine.jsonl", genuine)
        assert isinstance(done, Replay)
        assert done.identical
