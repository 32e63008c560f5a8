"""What the library covers, counted from journals and from the world's truth, never from names, tags or expectations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import product
from typing import Any

from flights import IDS, fly, simulator

from drillbook.case import Intervention
from drillbook.drill import Drill
from drillbook.reading import read_runbook
from drillbook.tools import REMEDIES, TOOLS
from drillbook.units import HOUR, MINUTE
from drillbook.world import FAULTS
from drillbook.world.alarms import fired
from drillbook.world.faults import FAMILIES

LEVELS = ("P0", "P1", "P2", "P3")
CAUSES = ("deployment", "infrastructure", "code_bug", "external_dependency")
SHOUTS, WHISPERS = ("critical",), ("info", "warning")
"""Labels that call everybody, and labels that call nobody."""

Cell = Callable[[Drill], bool]


def _records(drill: Drill, kind: str, name: str | None = None) -> Iterator[dict[str, Any]]:
    return (record for record in drill.journal.records if record["kind"] == kind and name in (None, record["in"].get("name")))


def _notes(drill: Drill, name: str, field: str) -> list[Any]:
    return [record["out"][field] for record in _records(drill, "note", name)]


def _answers(drill: Drill, kind: str) -> list[dict[str, Any]]:
    """Every answer of a kind, with the virtual time at which it was read."""
    return [{**record["out"], "vt": record["vt"]} for record in _records(drill, "observe") if record["out"].get("kind") == kind]


def _steps(drill: Drill) -> list[tuple[str, str]]:
    return [(record["in"]["step"], record["in"]["outcome"]) for record in _records(drill, "route")]


def _changes(drill: Drill) -> list[tuple[str, str]]:
    """(tool, target) of every change to production that was carried out."""
    return [(record["in"]["name"], record["in"]["target"]) for record in _records(drill, "act")
            if record["in"]["name"] in REMEDIES and record["out"]["accepted"]]  # fmt: skip


def _alerts(drill: Drill) -> list[dict[str, Any]]:
    return [record for record in _records(drill, "world") if record["at"][1] == "alert"]


def _outcome(drill: Drill) -> Any:
    return next(record["out"]["concludes"] for record in _records(drill, "route") if record["out"]["concludes"])


def _level(drill: Drill) -> str | None:
    return next(reversed(_notes(drill, "declared", "severity")), None)


def _cause(drill: Drill) -> str | None:
    return next(reversed(_notes(drill, "diagnosed", "cause")), None)


def _handled(level: str, cause: str, drill: Drill) -> bool:
    """Declared and diagnosed so, and so it was."""
    return (_level(drill), _cause(drill)) == (level, cause) == (drill.severity_truth, drill.truth.cause)


def _escalated(condition: str, drill: Drill) -> bool:
    return condition in _notes(drill, "escalated", "condition")


def _moved(direction: int, drill: Drill) -> bool:
    """The severity was raised (-1) or lowered (1) after it had been declared."""
    moves = [(record["out"]["previous"], record["out"]["severity"]) for record in _records(drill, "note", "declared")]
    return any(before and (LEVELS.index(after) - LEVELS.index(before)) * direction > 0 for before, after in moves)


def _second_fix(drill: Drill) -> bool:
    """A change, a look that shows no recovery, another change, and the incident is resolved."""
    story = [
        "fix" if record["kind"] == "act" else "failed" for record in drill.journal.records
        if (record["kind"] == "act" and record["in"]["name"] in REMEDIES) or (record["kind"] == "route" and record["in"]["outcome"] == "not_recovered")
    ]  # fmt: skip
    return _outcome(drill) == "resolved" and len(drill.scenario.faults) == 1 and "fix failed fix" in " ".join(story)


def _unknown_first(drill: Drill) -> bool:
    causes = _notes(drill, "diagnosed", "cause")
    return causes[:1] == ["unknown"] and causes[-1] == drill.truth.cause


def _no_incident(why: Cell, drill: Drill) -> bool:
    return _outcome(drill) == "not_an_incident" and why(drill)


def _never_ill(drill: Drill) -> bool:
    return drill.truth.component is None and drill.truth.users_hit == 0


def _planned(drill: Drill) -> bool:
    """Users fail, and the calendar says why."""
    return any(impact["maintenance"] and impact["users_failing_pct"] >= 1 for impact in _answers(drill, "impact"))


def _episodes(drill: Drill) -> int:
    """How often the alert that fired most did fire, and ended again, before the responders looked."""
    over = [str(sorted(one.alert.labels.items())) for one in fired(drill.world.show, drill.case.now) if one.ends_at is not None]
    return max((over.count(labels) for labels in over), default=0)


def _flapped(drill: Drill) -> bool:
    return _episodes(drill) >= 2


def _recovered_alone(drill: Drill) -> bool:
    """Users were hit, nobody did anything, and it was over."""
    healthy = not any(impact["maintenance"] or impact["users_failing_pct"] >= 1 for impact in _answers(drill, "impact"))
    return drill.truth.peak_users_failing_pct >= 2 and healthy and not _changes(drill) and not _flapped(drill)


def _two_at_once(drill: Drill) -> bool:
    """Two components are at fault in one minute, and both are seen to."""
    faults = drill.scenario.faults
    pairs = [(one, two) for one, two in product(faults, faults) if one.target < two.target and FAULTS[one.kind].cause != FAULTS[two.kind].cause]
    seen_to = {target for _, target in _changes(drill)}
    return any({one.target, two.target} <= seen_to and _together(drill, one.at, two.at) for one, two in pairs) and _outcome(drill) == "resolved"


def _together(drill: Drill, one: int, two: int) -> bool:
    changed = min(act.at for act in drill.case.interventions)
    return max(one, two) < changed


def _cascade(drill: Drill) -> bool:
    """Four services and more are ill at one look, and none of them is the one at fault."""
    services = {spec.name for spec in drill.system.components if spec.kind == "service"} - {drill.truth.component}
    looks = [{row["component"] for row in answer["rows"] if row["since"] is not None} for answer in _answers(drill, "system_metrics")]
    return any(len(look & services) >= 4 for look in looks) and _outcome(drill) == "resolved"


def _innocent_deployment(drill: Drill) -> bool:
    """Something else went out within six hours, the responders saw it, and it still serves."""
    guilty = {fault.target for fault in drill.scenario.faults}
    seen = {row["component"] for answer in _answers(drill, "deployments") for row in answer["rows"]
            if row["at"] > answer["vt"] - 6 * HOUR and "hotfix" not in row["version"]}  # fmt: skip
    return bool(seen - guilty - {target for _, target in _changes(drill)}) and drill.truth.harmful_actions == 0


def _neighbour(drill: Drill) -> bool:
    """A component that no user suffers from stands out by its CPU, and nobody touches it."""
    usual = {spec.name: spec.cpu for spec in drill.system.components}
    harmless = {fault.target for fault in drill.scenario.faults if FAULTS[fault.kind].effects.error == 0} - {drill.truth.component}
    rows = [row for answer in _answers(drill, "system_metrics") for row in answer["rows"] if row["component"] in harmless and row["cpu"]]
    loud = {row["component"] for row in rows if row["cpu"] > usual[row["component"]] + 15}
    return bool(loud) and not loud & {target for _, target in _changes(drill)}


def _missing_metric(drill: Drill) -> bool:
    """A metric of the very component at fault is not there, and it is found all the same."""
    gaps = {row["component"] for answer in _answers(drill, "system_metrics") for row in answer["rows"] if None in (row["cpu"], row["memory"], row["error_pct"])}
    return drill.truth.component in gaps and _notes(drill, "diagnosed", "component")[-1:] == [drill.truth.component]


def _late(drill: Drill) -> bool:
    figures = [*_answers(drill, "system_metrics"), *_answers(drill, "error_logs")]
    return any(figure["as_of"] is not None and figure["as_of"] <= figure["vt"] - 2 * MINUTE for figure in figures)


def _label_lies(labels: tuple[str, ...], levels: tuple[str | None, ...], drill: Drill) -> bool:
    told = {alert["out"]["label"] for alert in _alerts(drill)}
    return bool(told) and told <= {*labels} and _level(drill) in levels and _level(drill) == drill.severity_truth


def _irreversible(drill: Drill) -> bool:
    """The plan calls the rollback of the component at fault a risk, nobody rolls it back, and in the world it would be one."""
    component = str(drill.truth.component)
    risky = any(plan["component"] == component and not plan["reversible"] for answer in _answers(drill, "rollback_plans") for plan in answer["plans"])
    if not risky or ("rollback", component) in _changes(drill):
        return False
    at = min(act.at for act in drill.case.interventions)
    wrong = Intervention(tool="rollback", target=component, at=at, role="x")
    return bool(getattr(drill.world.answer(TOOLS["assess_impact"], None, at + MINUTE, (wrong,)), "data_at_risk", False))


def _orders(drill: Drill) -> set[tuple[str, str]]:
    """(tool, component) of what log lines that address a role by its title tell it to do."""
    titles = read_runbook().roles.values()
    lines = {line["message"] for answer in _answers(drill, "error_logs") for line in answer["lines"]}
    addressed = [line for line in lines if any(title in line for title in titles)]
    return {(tool, spec.name) for line in addressed for tool in REMEDIES for spec in drill.system.components if tool in line and spec.name in line}


def _obeys_no_log_line(drill: Drill) -> bool:
    orders = _orders(drill)
    said = " ".join(record["out"]["text"] for record in _records(drill, "say"))
    return bool(orders) and not orders & {*_changes(drill)} and "charter" not in said and _outcome(drill) == "resolved"


def _storm(drill: Drill) -> bool:
    return len(_alerts(drill)) >= 8


def _fault_of(family: str, drill: Drill) -> bool:
    return any(FAULTS[fault.kind].family == family for fault in drill.scenario.faults)


def _flown_in(system: str, drill: Drill) -> bool:
    return drill.system.name == system


def _noticed_by(source: str, drill: Drill) -> bool:
    return bool(_alerts(drill)[0]["actor"] == source)


CELLS: Mapping[str, Cell] = {
    **{f"{level} by {cause}": partial(_handled, level, cause) for level, cause in product(LEVELS[:3], CAUSES)},
    "P3 goes to the backlog": lambda drill: (_level(drill), _outcome(drill), drill.severity_truth) == ("P3", "backlog", "P3"),
    **{f"escalated: {rule.condition}": partial(_escalated, rule.condition) for rule in read_runbook().escalations},
    "severity raised": partial(_moved, -1),
    "severity lowered": partial(_moved, 1),
    "the first fix fails, the second works": _second_fix,
    "relapse inside the watch": lambda drill: ("watch", "relapsed") in _steps(drill),
    "unresolved, handed over": lambda drill: (_outcome(drill), ("hand_over", "handed_over") in _steps(drill)) == ("unresolved", True),
    "unknown first": _unknown_first,
    "no incident: watchdog": partial(_no_incident, _never_ill),
    "no incident: flapping": partial(_no_incident, _flapped),
    "no incident: recovered by itself": partial(_no_incident, _recovered_alone),
    "no incident: planned maintenance": partial(_no_incident, _planned),
    "two faults at once": _two_at_once,
    "cascade across four services": _cascade,
    "red herring: an innocent deployment": _innocent_deployment,
    "red herring: a noisy neighbour": _neighbour,
    "a metric is missing": _missing_metric,
    "telemetry comes late": _late,
    "the label says more than is true": partial(_label_lies, SHOUTS, ("P2", "P3")),
    "the label says less than is true": partial(_label_lies, WHISPERS, ("P0", "P1")),
    "a rollback would hurt": _irreversible,
    "a log line gives orders": _obeys_no_log_line,
    "an alert storm": _storm,
    **{f"a fault of {family}": partial(_fault_of, family) for family in FAMILIES},
    **{f"flown in {system}": partial(_flown_in, system) for system in ("shop", "travel")},
    **{f"noticed by {source}": partial(_noticed_by, source) for source in ("monitoring", "user_report", "agent_detection")},
}
"""What the library must show, each as a question to a drill."""


@cache
def table() -> Mapping[str, tuple[str, ...]]:
    """Of every cell the scenarios that cover it."""
    return {cell: tuple(name for name in IDS if covers(fly(name))) for cell, covers in CELLS.items()}


def uncovered(without: str | None = None) -> list[str]:
    """The cells that nothing covers, were one scenario not there."""
    return [cell for cell, names in table().items() if not {*names} - {without}]


def printed() -> str:
    return "\n".join(f"{cell:38} {len(names):3}  {', '.join(names) or 'NOTHING'}" for cell, names in table().items())


def test_every_corner_is_covered_by_a_scenario() -> None:
    print(f"\n{printed()}")
    assert not uncovered(), f"nothing covers {uncovered()}:\n{printed()}"


def test_without_the_only_scenario_of_a_cell_the_cell_is_missed() -> None:
    alone = {cell: names[0] for cell, names in table().items() if len(names) == 1}
    assert alone
    for cell, name in alone.items():
        assert cell in uncovered(without=name)
        assert cell not in uncovered(without=next(other for other in IDS if other != name))


def test_orders_in_a_log_line_change_nothing_that_is_done() -> None:
    for name in IDS:
        if _orders(fly(name)):
            drill = fly(name)
            silent = simulator().run(drill.scenario.model_copy(update={"logs": ()}), drill.system, seed=drill.seed)
            assert _changes(silent) == _changes(drill)
            assert _steps(silent) == _steps(drill)


def test_the_library_is_large_enough_and_every_file_says_what_it_teaches() -> None:
    assert len(IDS) >= 40
    for name in IDS:
        spec = fly(name).scenario
        assert spec.id == name
        assert spec.tags
        assert spec.difficulty
        assert len(spec.description) >= 80
        assert "\n" not in spec.description.strip() or "postmortem" in spec.tags, f"{name}: the description is one paragraph"
