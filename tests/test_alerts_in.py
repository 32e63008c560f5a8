"""Alerts from outside start drills: four formats, other people's bodies, and bodies that are damaged."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from bodies import EXTERNAL, FORMATS, external, needed, written
from flights import FEW, examples, fly, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from drillbook.alerts import fingerprint, match, parse_body, read_alerts, read_body, receive
from drillbook.case import Alert, Alerted
from drillbook.cli import main
from drillbook.errors import BadInput

LINE = re.compile(r"[^\n]+:\d+:\d+: [^\n]+")


def _fly_from(name: str, body: Any, folder: Path) -> Any:
    path = folder / "body.json"
    path.write_text(json.dumps(body))
    return simulator().prepare(name, alert=path).run()


def _started(drill: Any) -> set[tuple[str, str | None, int, str]]:
    return {(item.alert.name, item.alert.component, item.alert.starts_at, item.alert.summary) for item in drill.case.all(Alerted)}


@pytest.mark.parametrize(("name", "style"), [(name, style) for place, name in enumerate(FEW) for style in (FORMATS[0], FORMATS[1 + place % 4])])
def test_a_drill_that_starts_from_its_own_alerts_is_the_same_drill(name: str, style: str, tmp_path: Path) -> None:
    native = fly(name)
    drill = _fly_from(name, written(name, style), tmp_path)

    assert _started(drill) >= _started(native)
    assert (drill.outcome()["severity"], drill.outcome()["cause"], drill.case.outcome) == \
        (native.outcome()["severity"], native.outcome()["cause"], native.case.outcome)  # fmt: skip


@pytest.mark.parametrize("style", FORMATS)
def test_after_the_drill_all_is_resolved_and_starts_nothing(style: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no alert here is firing \(\d+ resolved\)"):
        _fly_from("database-primary-down", written("database-primary-down", style, "3h"), tmp_path)


@pytest.mark.parametrize("style", FORMATS)
def test_a_storm_starts_one_drill(style: str, tmp_path: Path) -> None:
    drill = _fly_from("checkout-out-of-cpu", written("checkout-out-of-cpu", style, None, 100), tmp_path)
    prints = [item.alert.fingerprint for item in drill.case.all(Alerted)]
    assert 1 < len(prints) == len({*prints}) <= 20, "duplicates are gone, and what has ended"
    assert drill.outcome()["component"] == "checkout"


def test_fields_that_are_not_known_are_kept() -> None:
    for style in ("alertmanager", "grafana", "pagerduty", "cloudevents"):
        body = copy.deepcopy(written("slow-search", style)[0])
        part = body.get("alerts", [body])[0]
        part["x_shard"] = {"id": 7}
        (one, *_) = receive(parse_body(orjson.dumps(body), "body"))
        assert one.foreign.model_extra is not None
        assert one.foreign.model_extra["x_shard"] == {"id": 7}


def test_the_component_is_the_one_that_a_label_names() -> None:
    names = ["web", "checkout", "checkout-api", "db_primary"]
    assert match({"service": "DB-Primary"}, names) == "db_primary"
    assert match({"pod": "db-primary-0"}, names) == "db_primary"
    assert match({"instance": "checkout-api-7d9f8b-xkp2q:8080"}, names) == "checkout-api", "the longest"
    assert match({"instance": "checkout-6c9f7d-x2lqp:8080"}, names) == "checkout"
    assert match({"instance": "web:80", "service": "checkout"}, names) == "checkout", "exact before beginnings"
    assert match({"container": "website", "job": "check"}, names) is None
    assert match({}, names) is None


def _listed(*bodies: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one.key, one.resolved) for one in receive(parse_body(orjson.dumps(bodies), "list"))]


def test_an_acknowledgement_changes_nothing_and_a_resolve_needs_no_payload() -> None:
    payload = {"summary": "it is red", "source": "web-1", "severity": "error"}
    trigger, *others = ({"routing_key": "k", "dedup_key": "d", "event_action": action} for action in ("trigger", "acknowledge", "resolve"))
    assert _listed({**trigger, "payload": payload}, *others) == [("d", False), ("d", True)]


def test_an_entry_with_an_end_is_over_unless_its_status_says_otherwise() -> None:
    entry = {"labels": {"alertname": "A"}, "startsAt": "2026-03-02T09:00:00Z", "endsAt": "2026-03-02T09:04:00Z"}
    assert [over for _, over in _listed(entry, {**entry, "status": {"state": "active"}}, {**entry, "endsAt": "0001-01-01T00:00:00Z"})] == [True, False, False]


def test_two_alerts_that_came_with_one_fingerprint_stay_two(tmp_path: Path) -> None:
    alerts = [{"status": "firing", "labels": {"alertname": "A", "service": name}, "fingerprint": "dd19ae3d4e06ac55"} for name in ("web", "cart")]
    (tmp_path / "body.json").write_text(json.dumps({"status": "firing", "alerts": [*alerts, alerts[0]]}))
    read = read_alerts(tmp_path / "body.json", ["web", "cart"], 5)
    assert [(one.component, one.fingerprint, one.starts_at) for one in read] == [(n, fingerprint({"alertname": "A", "service": n}), 5) for n in ("web", "cart")]


def _bad(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        [*receive(parse_body(text.encode(), "b.json"))]
    return str(caught.value)


def test_what_is_wrong_is_said_with_its_place() -> None:
    assert _bad('{\n "a": 1,,\n}').startswith("b.json:2:9: not valid JSON")
    assert _bad("[]").startswith("b.json:1:1: an empty list")
    assert _bad("[3]").startswith("b.json:1:2: no alert: a int stands here")
    assert _bad('{"status": "firing",\n "alerts": []}').startswith("b.json:2:12: an empty list")
    assert _bad('[{"status": "firing", "alerts": [\n  {"status": "firing", "labels": {"a": 1, "alertname": "A"}}]}]').startswith("b.json:2:40: alerts.0.labels.a: text is expected")
    assert _bad('{"status": "firing", "alerts": [\n  {"status": "firing", "labels": {}}]}').startswith("b.json:2:34: label 'alertname' is missing")
    assert _bad('{"routing_key": "k",\n "event_action": "resolve"}').startswith("b.json:2:18: a resolve needs the `dedup_key`")
    assert _bad('{"routing_key": "k",\n "event_action": "trigger"}').startswith("b.json:2:18: a trigger needs a `payload`")
    assert _bad('{"specversion": "0.3", "id": "1", "source": "s", "type": "t",\n "data": {"labels": {"alertname": "A"}}}').startswith("b.json:1:17: specversion: valid")
    assert _bad('{"type": "message", "attachments": []}').startswith("b.json:1:1: a chat message about alerts (Microsoft Teams), not an alert")


REFUSED = {"without_mandatory_field": "field 'status' is missing"}
TAKEN: dict[str, list[tuple[str, str | None, bool]]] = {
    "alertmanager_alert": [("HighErrorRate", "checkout", False)], "all_ok": [("DiskSpace", None, True)],
    "all_ok_multiple": [("DiskSpace", None, True)] * 2, "all_ok_extra_annotations": [("DiskSpace", None, True)],
    "all_ok_extra_labels": [("DiskSpace", None, True)], "with_common_items": [("CPUThrottlingHigh", None, True)],
    "without_fingerprint": [("DiskSpace", None, True)], "without_instance_field": [("DiskSpace", None, True)],
    "without_optional_field": [("DiskSpace", None, True)],
}  # fmt: skip
"""What each of the others' bodies says: alert, component of the shop, whether it is resolved."""


def _reason(path: Path) -> str:
    """Why a body of others is refused: chat messages, and what came from a monitor whose format is none of the four."""
    if path.stem in REFUSED:
        return REFUSED[path.stem]
    return "a chat message about alerts" if path.stem.startswith("teams_") else "has no `alerts` (source: 'datadog')"


def test_the_bodies_of_others_are_here() -> None:
    needed(f"{EXTERNAL.parent.name}/{EXTERNAL.name}", bool(external()))
    assert {*TAKEN, *REFUSED} <= {path.stem for path in external()}


@pytest.mark.parametrize("path", external(), ids=lambda path: path.stem)
def test_every_body_of_others_is_read_or_refused_for_a_reason(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if path.stem in TAKEN:
        assert [(one.alert.name, one.alert.component, one.resolved) for one in receive(read_body(path), ["checkout", "web"])] == TAKEN[path.stem]
        if all(resolved for _, _, resolved in TAKEN[path.stem]):
            assert main(["run", "checkout-bad-deploy", "--alert", str(path)]) == 2
            assert "no alert here is firing" in capsys.readouterr().err
    else:
        assert main(["run", "checkout-bad-deploy", "--alert", str(path)]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert _reason(path) in lines[0]
        assert all(LINE.fullmatch(line) for line in lines)


SEEDS = [orjson.dumps(body) for style in FORMATS for body in written("database-primary-down", style, "3h")[:2]] + \
        [orjson.dumps(written("slow-search", "alertmanager"), option=orjson.OPT_INDENT_2)]  # fmt: skip


def _take(raw: bytes) -> None:
    """Alerts, or clear lines; nothing else."""
    try:
        for one in receive(parse_body(raw, "body.json"), ["web", "gateway"]):
            assert isinstance(one.alert, Alert)
            assert one.alert.name
    except BadInput as error:
        assert all(LINE.fullmatch(str(problem)) for problem in error.problems), str(error)


edits = st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(["set", "cut", "add", "twice"]), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4)


@settings(max_examples=examples(2500), deadline=None)
@given(seed=st.sampled_from(SEEDS), changes=edits)
def test_bytes_that_are_damaged_never_end_in_a_traceback(seed: bytes, changes: list[tuple[int, str, bytes]]) -> None:
    raw = bytearray(seed)
    for place, how, what in changes:
        at = place % (len(raw) + 1)
        put = {"set": (what, len(what)), "cut": (b"", place % 40), "add": (what, 0), "twice": (bytes(raw[at : at + 60]), 0)}[how]
        raw[at : at + put[1]] = put[0]
    _take(bytes(raw))


junk = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8), st.builds(list), st.builds(dict), st.builds(lambda: [{}]),
                 st.sampled_from(["firing", "resolved", "trigger", "4", "1", "1.0", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "\ud800", "a\nb"]))  # fmt: skip


@settings(max_examples=examples(2500), deadline=None)
@given(seed=st.sampled_from(SEEDS), changes=st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from(["set", "cut", "add", "wrap"]), junk, st.text(max_size=5)), min_size=1, max_size=4))
def test_bodies_of_another_shape_never_end_in_a_traceback(seed: bytes, changes: list[tuple[int, str, Any, str]]) -> None:
    data: Any = {"body": json.loads(seed)}
    for place, how, value, name in changes:
        holders = [*_holders(data)]
        holder, key = holders[place % len(holders)]
        if how == "set":
            holder[key] = value
        elif how == "wrap":
            holder[key] = [holder[key]]
        elif how == "add" and isinstance(holder, dict):
            holder[name] = value
        elif key != "body":
            del holder[key]
    _take(json.dumps(data["body"]).encode())


def _holders(node: Any) -> Iterator[tuple[Any, Any]]:
    keys: list[Any] = [*node] if isinstance(node, dict) else [*range(len(node))]
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _holders(node[key])


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"alerts":' * 900 + b"1" + b"}" * 900, b"\xff\xfe", b"", b"\0", b'"\\ud800"', b"NaN"])
def test_hostile_bodies_are_refused_in_a_line(raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "body.json").write_bytes(raw)
    assert main(["run", "slow-search", "--alert", str(tmp_path / "body.json")]) == 2
    assert all(LINE.fullmatch(line) for line in capsys.readouterr().err.splitlines())
