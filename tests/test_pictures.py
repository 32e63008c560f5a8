"""Pictures: what they say, mark by mark, against the journal and the world; how they look, against golden ones with tolerance."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from flights import fly
from pictures import NAME, PICTURES, SCALE, SVG, dark, difference, evaluation, fork_beside, golden, image, marks, root, sweep, texts, titles
from PIL import Image, ImageDraw

import drillbook
from drillbook import frames
from drillbook.case import Acted, Escalated, Reached
from drillbook.charts.lanes import LOOKS
from drillbook.charts.telemetry import PANELS
from drillbook.drawing.theme import themed
from drillbook.errors import BadInput
from drillbook.frames import Stretch
from drillbook.generate import generate_system, one_fault
from drillbook.reading import read_runbook
from drillbook.replaying import Replayer
from drillbook.servicemap import MOST
from drillbook.simulator import Simulator
from drillbook.units import MINUTE, clock, span
from drillbook.world.screenshot import screenshot

WIDTH = 820
"""The pixels of the axis of time."""
TOLERANCE = 0.08


def test_every_record_that_is_worth_a_mark_has_one_in_the_lane_of_whoever_did_it() -> None:
    drill = fly("database-primary-down")
    picture, within = drill.timeline.picture, frames.stretch(drill)
    told = {title for title, _, _ in marks(picture)}

    names = drill.runbook.roles
    for message in drill.messages:
        if message["at"] in within:
            mine = [title for title in told if title.startswith(clock(message["at"])) and names[message["role"]] in title.splitlines()[0]]
            assert any(message["text"].splitlines()[0] in title for title in mine), message
    for record in drill.account.of("observe"):
        if record["vt"] in within:
            looked = f"{clock(record['vt'])} {names[record['actor']]}"
            assert any(title.startswith(looked) for title in told), looked
    for entry, item in drill.case.each(Reached):
        if entry.at in within:
            assert any(title.startswith(clock(entry.at)) and f"milestone: {item.milestone}" in title for title in told), item
    for entry, raised in drill.case.each(Escalated):
        if entry.at in within:
            assert any(title.startswith(clock(entry.at)) and f"escalation: {drill.runbook.in_words(raised.condition)}" in title for title in told)
    acted = [f"{clock(entry.at)} {names[entry.role]}" for entry, _ in drill.case.each(Acted) if entry.at in within]
    assert acted
    assert all(any(title.startswith(one) for title in told) for one in acted)
    assert {*frames.lanes(frames.marks(drill), drill)} <= {*texts(picture)}


def test_a_mark_stands_where_its_time_is_and_roles_have_lanes_of_their_own() -> None:
    drill = fly(NAME)
    within = frames.stretch(drill)
    at = {frames.Mark(*mark).said: mark for mark in frames.marks(drill)}
    places = [(title, x, y) for title, x, y in marks(drill.timeline.picture) if title in at]
    assert len(places) == len(at)
    for title, x, _ in places:
        assert x == pytest.approx(WIDTH * (at[title].at - within.begins) / (within.ends - within.begins), abs=1), title
    heights: dict[str, set[int]] = {}
    for title, _, y in places:
        heights.setdefault(at[title].lane, set()).add(round(y))
    bounds = sorted((min(rows), max(rows)) for rows in heights.values())
    assert all(one[1] < other[0] for one, other in pairwise(bounds)), "no mark is in another one's lane"


def test_the_steps_and_the_changes_are_those_of_the_journal() -> None:
    drill = fly(NAME)
    told = titles(drill.timeline.picture)
    within = frames.stretch(drill)
    for step in drill.account.route:
        if step.opened_at < within.ends:
            title = drill.runbook.steps[step.step].title
            assert any(one.startswith(title) and step.outcome.replace("_", " ") in one for one in told), step.step
    (change,) = frames.changes(drill)
    assert (change.what, change.effect) == ("rollback checkout", "cure")
    assert f"T+38:30 rollback checkout: cure\n{drill.truth.actions[0].why}" in told
    assert drill.brief in texts(drill.timeline.picture)
    below = " ".join(texts(drill.timeline.picture))
    for name, at in drill.milestones.items():
        assert f"{name} {clock(at or 0)}" in below
    for step in drill.account.route:
        if step.at > within.ends:
            assert f"{drill.runbook.steps[step.step].title} until {clock(step.at)}" in below


def test_each_group_of_marks_has_a_look_of_its_own_and_every_mark_the_look_of_its_group() -> None:
    drill = fly("database-primary-down")
    shapes = [shape for shape, _, _ in LOOKS.values()]
    assert len({(shape, colour) for shape, colour, _ in LOOKS.values()}) == len(LOOKS)
    assert len({*shapes}) >= len(LOOKS) - 3, "hardly any shape is there twice"
    groups = {mark.said: mark.group for mark in frames.marks(drill)}
    drawn: dict[str, set[str]] = {}
    for node in root(drill.timeline.picture).iter(f"{SVG}path"):
        title = node.findtext(f"{SVG}title")
        if title in groups and "transform" in node.attrib:
            drawn.setdefault(groups[title], set()).add(node.attrib["fill"])
    assert {group: {themed(LOOKS[group][1])} for group in drawn} == drawn
    assert drawn["check"] == {"var(--mark)"}
    assert drawn["alert"] == {"var(--bad)"}


def test_the_area_is_as_large_as_the_number_of_users_who_were_hit() -> None:
    drill = fly(NAME)
    begun, ended = (drill.truth.introduced or 0), drill.account.ends
    hurt = frames.hurt(drill, Stretch(begun, ended))
    assert sum(one.users_per_minute for one in hurt if one.at < ended) == pytest.approx(drill.truth.users_hit, rel=0.02)
    told = titles(drill.timeline.picture)
    assert all(f"{clock(one.at)}: {one.users_per_minute:,.0f} users a minute fail ({one.failing_pct:.1f}%)" in told for one in frames.hurt(drill))


def test_metrics_are_what_the_instruments_showed_also_where_they_were_late_or_missing() -> None:
    drill = fly(NAME)
    found = drill.metrics("checkout")
    told = titles(found.picture)
    for at, row in found.rows:
        assert f"{clock(at)}: errors, % {row.error_pct:,.1f}" in told
        assert f"{clock(at)}: p95, ms {row.p95_ms:,.1f}" in told
        assert f"{clock(at)}: requests/s {row.rps:,.1f}" in told
        assert f"{clock(at)}: saturation, % {row.saturation:,.1f}" in told
    usual = found.rows[0][1]
    assert [one for one in told if one.startswith("usually ")] == [
        f"usually {value:,.1f}" for value in (usual.usual_error_pct, usual.usual_p95_ms, usual.usual_rps)
    ]
    assert [one for one in told if "rollback" in one] == ["T+38:30 rollback checkout: cure"] * len(PANELS)
    seen = [one["out"] for one in drill.account.of("observe", "check_system_metrics")]
    looks = {one["vt"]: one["out"] for one in drill.account.of("observe", "check_system_metrics")}
    assert seen
    for at, out in looks.items():
        mine = next(row for row in out["rows"] if row["component"] == "checkout")
        assert drill.world.show.moment(at, tuple(act for act in drill.case.interventions if act.at < at)).shown.row("checkout").error_pct == mine["error_pct"]
    blind = fly("orders-without-a-gauge")
    gap = blind.scenario.telemetry.missing[0]
    assert gap.metric in ("cpu", "error_pct", "saturation", "memory", "p95_ms", "rps")
    assert all(getattr(row, gap.metric) is None for _, row in blind.metrics(gap.component).rows)
    assert blind.metrics(gap.component).picture.svg


def test_the_service_map_shows_every_call_and_when_the_trouble_came_to_whom() -> None:
    drill = fly("database-primary-down")
    picture = drill.service_map
    told, shown = titles(picture), texts(picture)
    spread = {one.component: one for one in frames.spread(drill)}
    assert {one.removesuffix(": as usual") for one in told if one.endswith(": as usual")} == {spec.name for spec in drill.system.components} - {*spread}
    assert {one for one in told if " calls " in one} == {f"{caller} calls {callee}" for caller, callee in drill.system.graph().edges}
    thick = {title for node in root(picture).iter(f"{SVG}path") if "stroke-width:2.2" in node.attrib["style"]
             for title in [node.findtext(f"{SVG}title")]}  # fmt: skip
    assert thick == {f"{caller} calls {callee}" for caller, callee in drill.system.graph().edges if {caller, callee} <= {*spread}}
    assert "fault: primary down" in " ".join(shown)
    for name, one in spread.items():
        moment = drill.world.show.state(one.since, drill.case.interventions)
        assert name in moment.abnormal
        assert name not in drill.world.show.state(one.since - MINUTE, drill.case.interventions).abnormal
        states = [drill.world.show.state(at, drill.case.interventions) for at in frames.stretch(drill).minutes]
        errors = max(state.components[name].error for state in states if name in state.abnormal)
        last = max(at for at, state in zip(frames.stretch(drill).minutes, states, strict=True) if name in state.abnormal)
        (title,) = (title for title in told if title.startswith(f"{name}: outside its normal band from {clock(one.since)}"))
        assert f"until {clock(last)}; at worst {errors * 100:.1f}".removesuffix(".0") in title
        assert any(f"{clock(one.since)} {errors * 100:.1f}".removesuffix(".0") in text for text in shown)


def test_of_a_thousand_services_the_map_shows_those_that_matter_and_the_lanes_stay_few() -> None:
    system = generate_system(1000, 7)
    drill = Simulator(read_runbook()).run(one_fault("cpu_saturation", system, 1, "gateway_1"), system)
    picture = drill.service_map
    boxes = [group for group in root(picture).iter(f"{SVG}g") if group.find(f"{SVG}rect") is not None]
    assert 0 < len(boxes) <= MOST
    hurt = {one.component for one in frames.spread(drill)}
    assert {*[name for name in texts(picture) if name in {spec.name for spec in system.components}]} >= {*sorted(hurt)[:MOST]}
    assert f"{len(boxes)} of 1000 components" in " ".join(texts(picture))


def test_marks_that_would_lie_on_one_another_are_one_with_their_number() -> None:
    drill = fly(NAME)
    whole = frames.marks(drill)
    squeezed = frames.marks(drill, Stretch(-(10**9), 10**9))
    assert sum(mark.many for mark in squeezed) >= sum(mark.many for mark in whole)
    assert len(squeezed) < len(whole)
    assert len({(mark.lane, mark.group, mark.at) for mark in squeezed}) == len(squeezed)
    piled = max(squeezed, key=lambda mark: mark.many)
    assert f"and {piled.many - 6} more" in piled.said


def test_two_drills_stand_on_one_axis_each_with_its_own_steps_and_changes() -> None:
    picture = fork_beside()
    told = titles(picture)
    assert {"parent", "fork"} <= {*texts(picture)}
    assert any(one.startswith("parent: Roll back") for one in told)
    assert not any(one.startswith("fork: Roll back") for one in told), "the fork had rolled back before"
    found = fly(NAME).fork(at="triage", do="rollback checkout")
    for name, drill in (("parent", found.parent), ("fork", found.drill)):
        assert any(f"{name}: {drill.brief}; {drill.truth.users_hit:,} users hit" in text for text in texts(picture))
        for one in frames.hurt(drill, frames.stretch(found.parent)):
            assert f"{clock(one.at)} {name}: {one.users_per_minute:,.0f} users a minute fail" in told
    lines = [node.attrib for node in root(picture).iter(f"{SVG}path") if node.attrib.get("stroke-dasharray") in ("1,0", "5,3") and len(node.attrib["d"]) > 99]
    assert [(line["stroke"], line["stroke-dasharray"]) for line in lines] == [("var(--bad)", "1,0"), ("var(--good)", "5,3")]


def test_the_bars_of_a_sweep_are_what_its_alternatives_save_and_cost() -> None:
    found = sweep()
    picture = drillbook.charts.costs(found)
    shown = [one for _, best, worst in found.decisions for one in (best, worst) if one.users_saved]
    expected = [f"{one.name}: {abs(one.users_saved):,} {'fewer' if one.users_saved > 0 else 'more'} users hit, {-one.revenue_saved_usd:+,} USD lost"
                + (f"\nharmful: {one.harm}" if one.harm else "") for one in shown]  # fmt: skip
    assert titles(picture) == expected
    bars = [re.fullmatch(r"M[-\d.]+,[-\d.]+h([\d.]+)v14h-[\d.]+Z", node.attrib["d"]) for node in root(picture).iter(f"{SVG}path") if node.find(f"{SVG}title") is not None]
    lengths = [float(bar[1]) for bar in bars if bar]
    most = max(abs(one.users_saved) for one in shown)
    assert lengths == pytest.approx([max(lengths) * abs(one.users_saved) / most for one in shown], rel=0.01)
    assert picture.spec is not None
    domain = picture.spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain[1] == pytest.approx(max(0, *(-one.users_saved for one in shown)) * 1.22 - min(0, *(-one.users_saved for one in shown)) * 0.22)
    ends = [0, *(-one.users_saved for one in shown)]
    assert max(lengths) == pytest.approx(620 * most / ((max(ends) - min(ends)) * 1.44), rel=0.01), "on the axis that is written below them"
    last = found.no_return
    assert last is not None
    assert any(f"point of no return: {last.step} at {clock(last.opened_at)}" in text for text in texts(drillbook.charts.costs(found)))


def test_every_alternative_that_was_mitigated_has_its_mark_at_its_time() -> None:
    found = sweep()
    told = titles(drillbook.charts.outcomes(found))
    took = [one for one in found.alternatives if one.outcome.time_to_mitigate is not None]
    assert len([title for title in told if ": mitigated after " in title]) == len(took)
    never = len(found.alternatives) - len(took)
    assert f"{len(found.alternatives)} alternatives, {never} of them never mitigated" in " ".join(texts(drillbook.charts.outcomes(found)))


@pytest.mark.parametrize("what", ["severity", "cause"])
def test_a_confusion_matrix_counts_what_was_said_against_what_was_so(what: str) -> None:
    found = evaluation()
    picture = drillbook.charts.confusion(found, what)
    expected = Counter((one.cast, one.said[what] or "nothing", one.true[what] or "nothing") for one in found.flights if what == "severity" or one.true[what])
    assert {*titles(picture)} == {f"{cast}: {count} times {said}, where {so} was so" for (cast, said, so), count in expected.items()}
    right = sum(one.right.get(what, False) for one in found.flights if one.cast == "stub")
    assert f"stub {right} of " in picture.says


def test_the_times_of_casts_are_a_tick_a_drill_and_those_who_never_made_it_are_counted() -> None:
    found = evaluation()
    told = titles(drillbook.charts.times(found))
    well = [one for one in found.flights if one.best is not None and one.well_after is not None]
    assert sorted(title for title in told if " run 1: " in title) == sorted(f"{one.scenario} run 1: {span(one.well_after or 0)}" for one in well)
    assert "never well: " in " ".join(texts(drillbook.charts.times(found)))


def test_the_screenshots_digest_is_in_the_journal_and_the_picture_is_drawn_again_from_the_world() -> None:
    drill = fly("database-primary-down")
    (shot,) = drill.screenshots
    (record,) = drill.account.of("observe", "capture_evidence")
    assert shot.svg is not None
    assert record["out"]["digest"] == sha256(shot.svg.encode()).hexdigest() == shot.digest
    shown = texts(shot.svg)
    assert f"{drill.system.title} at {clock(record['vt'])}" in shown
    for line in record["out"]["shows"]:
        journey, _, figures = line.partition(": failing ")
        assert f"{figures.rpartition(', ')[2].removesuffix(' now')} now" in shown
        assert journey in shown
    assert "failover db_primary" in shown


def test_another_moment_or_another_remedy_is_another_picture() -> None:
    drill = fly("database-primary-down")
    show, done = drill.world.show, drill.case.interventions
    drawn = [screenshot(show.moment(at, acts)) for at, acts in ((2250000, done), (2310000, done), (2250000, ()))]
    assert len({*drawn}) == 3
    assert screenshot(show.moment(2250000, done)) == drawn[0]


def test_a_journal_of_before_keeps_the_digest_of_its_figures_and_has_no_picture() -> None:
    file = Path(__file__).parent / "journals/v3/month-end-bug.jsonl"
    done = Replayer().replay(file)
    assert done.identical
    (shot,) = done.drill.screenshots
    assert shot.svg is None
    assert shot.digest == sha256("\n".join(shot.shows).encode()).hexdigest()


def _is_remedy(pixel: object) -> bool:
    """Whether a pixel has the colour of the square that stands for a remedy."""
    return isinstance(pixel, tuple) and all(abs(mine - wanted) < 24 for mine, wanted in zip(pixel, (0xA8, 0x49, 0x7F), strict=True))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_looks_as_it_did(name: str) -> None:
    picture = PICTURES[name]()
    differs = difference(golden(name), image(picture.png(SCALE)))
    assert differs < TOLERANCE, f"{name} looks otherwise ({differs:.4f}); look at it, then: python tests/pictures.py"


def test_the_tolerance_sees_a_mark_that_is_gone_and_a_picture_of_something_else() -> None:
    mine = golden("timeline")
    blotted = mine.copy()
    at = next((x, y) for y in range(mine.height) for x in range(mine.width) if _is_remedy(mine.getpixel((x, y))))
    ImageDraw.Draw(blotted).rectangle((at[0] - 1, at[1] - 1, at[0] + 9, at[1] + 9), fill="white")
    assert difference(mine, blotted) > TOLERANCE
    assert difference(mine, golden("metrics")) == 1
    assert difference(mine, Image.new("RGB", mine.size, "white")) > TOLERANCE
    assert difference(mine, mine) == 0


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_what_it_is_has_nothing_from_elsewhere_and_is_the_same_every_time(name: str) -> None:
    picture = PICTURES[name]()
    tree = root(picture)
    assert tree.attrib["role"] == "img"
    assert tree.findtext(f"{SVG}title")
    assert "http" not in picture.svg.replace("http://www.w3.org/", "")
    assert "<script" not in picture.svg
    assert "nan" not in picture.svg.lower().replace("finance", "").replace("maintenance", "").replace("financial", "")
    assert PICTURES[name]().svg == picture.svg


@pytest.mark.parametrize("name", ["timeline", "metrics", "service-map", "route", "compare"])
def test_a_picture_is_dark_on_a_dark_page(name: str) -> None:
    picture = PICTURES[name]()
    night, day = image(dark(picture).png(SCALE)), image(picture.png(SCALE))
    assert sum(night.resize((1, 1)).getpixel((0, 0))) < 200 < sum(day.resize((1, 1)).getpixel((0, 0)))  # type: ignore[arg-type]
    assert "prefers-color-scheme:dark" in picture.svg


def test_a_picture_is_saved_as_what_its_name_ends_in(tmp_path: Path) -> None:
    picture = fly(NAME).timeline.picture
    assert picture.save(tmp_path / "lanes.svg").read_text() == picture.svg
    assert picture.save(tmp_path / "lanes.png").read_bytes().startswith(b"\x89PNG")
    assert '"vconcat"' in picture.save(tmp_path / "lanes.json").read_text()
    assert picture.chart.to_dict()["vconcat"], "Altair goes on with it"
    with pytest.raises(BadInput, match=r"a picture is saved as \.svg, \.png, \.json"):
        picture.save(tmp_path / "lanes.gif")
    with pytest.raises(BadInput, match="is a drawing, not a chart"):
        fly(NAME).service_map.save(tmp_path / "map.json")
    assert {file.name for file in tmp_path.iterdir()} == {"lanes.svg", "lanes.png", "lanes.json"}


WITHOUT = """
import sys
sys.modules["altair"] = sys.modules["vl_convert"] = sys.modules["pandas"] = None
import drillbook
drill = drillbook.run("checkout-bad-deploy")
shown = drill._repr_mimebundle_()["text/html"]
assert "Service map of" in shown and "pip install &#x27;drillbook[notebook]&#x27;" in shown, shown[:500]
for ask in (lambda: drill.timeline.picture, drill.to_frame, lambda: drill.save("x.png")):
    try:
        ask()
    except drillbook.BadInput as error:
        print(error)
"""


def test_without_the_extra_a_drill_is_shown_as_far_as_it_can_be_and_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all("pip install 'drillbook[notebook]'" in line for line in lines)
    assert [*tmp_path.iterdir()] == []
    wanted = "import drillbook; drill = drillbook.run('checkout-bad-deploy'); drill.save('page.html')"
    subprocess.run([sys.executable, "-c", WITHOUT.partition("import drillbook")[0] + wanted], cwd=tmp_path, check=True)
    page = (tmp_path / "page.html").read_text()
    assert "Service map of" in page
    assert "drillbook[notebook]" in page, "the report says where a chart would be"
