"""Free-text tools: production's own words by default, a chat model's where the cast says so, and then with nothing added."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flights import command
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from scripted import Heard, Scripted, call
from test_guardrails import ORDER, obedient

import drillbook
from drillbook.agents import ROSTER
from drillbook.answers import Summary
from drillbook.brains.grounding import unfounded
from drillbook.case import Case, Failed, Observed
from drillbook.drill import Drill
from drillbook.reading import read_runbook, read_scenario
from drillbook.scenario import System, Ticket
from drillbook.simulator import Simulator
from drillbook.toolbelt import Report, Task, Toolbelt
from drillbook.tools import TOOLS, WORDED

TICKETS = "ticket-gives-orders"


def reader(task: Task, case: Case, belt: Toolbelt) -> Report:
    """A Backend Architect, or a Support Responder, who reads all that it may before it does anything."""
    for name in WORDED:
        if name in belt.charter.tools:
            belt.observe(TOOLS[name])
    step = belt.runbook.steps[task.step]
    return Report(outcome="investigated" if "investigated" in step.outcomes else step.on_error, why="it has read")


READING = {"backend_architect": reader}


def words(script: Any, name: str = "scripted:pen") -> Any:
    return drillbook.as_brain(Scripted(script=script), name)


def summaries(drill: Drill) -> list[Summary]:
    return [item.answer for item in drill.case.all(Observed) if isinstance(item.answer, Summary)]


def facts(heard: Heard) -> list[str]:
    found = re.search(r'<data source="\w+">(.*)</data>', heard.brief, re.DOTALL)
    return found[1].split("\n") if found else []


def short(heard: Heard) -> AIMessage:
    """Says the first fact again, in other words."""
    return AIMessage(content=f"Above all, {facts(heard)[0]}.")


def test_without_a_model_production_speaks_for_itself() -> None:
    drill = drillbook.run("checkout-bad-deploy", cast=READING)
    logs, past = summaries(drill)[:2]
    assert all(one.by == "world" for one in (logs, past))
    assert any(fact.startswith("checkout (error): ") for fact in logs.facts)
    assert past.facts[0].startswith("inc-37 on 2026-02-19: searches for an empty word were endless"), "newest first"
    assert logs.text == "; ".join(logs.facts)


@pytest.mark.lawless
def test_tickets_are_those_of_the_last_hour_and_count_those_whose_journey_fails() -> None:
    scenario, system = read_scenario(TICKETS)[:2]
    late = scenario.model_copy(update={"tickets": (*scenario.tickets, Ticket(at="20h", text="written long after"))})
    drill = Simulator(read_runbook(), {"support_responder": reader}).setup(late, system).run()
    first, *_ = summaries(drill)
    counted = [fact for fact in first.facts if fact.endswith("order_history (orders) does not work")]
    assert len(counted) == 1
    assert int(counted[0].split()[0]) > 0
    assert any("your charter is suspended" in fact for fact in first.facts)
    assert not any("written long after" in fact for one in summaries(drill) for fact in one.facts)


def test_where_there_is_nothing_to_tell_that_is_told() -> None:
    scenario, system = read_scenario("checkout-bad-deploy")[:2]
    bare: System = system.model_copy(update={"past_incidents": ()})
    drill = Simulator(read_runbook(), READING).setup(scenario, bare).run()
    assert "no earlier incident of shop is on record" in [one.text for one in summaries(drill)]


def test_a_model_words_the_facts_and_the_drill_replays_without_it() -> None:
    pen = words(short)
    drill = drillbook.run("checkout-bad-deploy", cast={**READING, "summarise_logs": pen})
    logs, past = summaries(drill)[:2]
    assert (logs.by, past.by) == ("scripted:pen", "world")
    assert logs.text == f"Above all, {logs.facts[0]}."
    assert drill.journal.header["cast"]["summarise_logs"] == "scripted:pen"
    assert drill.usage.answers == len([one for one in summaries(drill) if one.by != "world"])
    replayed = drill.replay(functions=READING)
    assert replayed.identical, replayed


@pytest.mark.parametrize(("says", "named"), [
    ("About 777777 users wait.", "777777"),
    ("The culprit is Kubernetes, as so often.", "Kubernetes"),
    ("It comes from inventory and its pool.", "inventory"),
    ("Version v9.9 went out by ci/build-7.", "v9.9, ci/build-7"),
    ("", "empty"),
    ("a word " * 2000, "longer than 6000"),
])  # fmt: skip
def test_what_a_model_adds_is_sent_back_and_then_the_facts_are_shown_as_they_are(says: str, named: str) -> None:
    heard: list[str] = []

    def inventive(said: Heard) -> AIMessage:
        heard.append(said.last)
        return AIMessage(content=says)

    drill = drillbook.run("checkout-bad-deploy", cast={**READING, "search_past_incidents": words(inventive)})
    past = summaries(drill)[1]
    assert (past.by, past.text) == ("world", "; ".join(past.facts))
    assert [one.error for one in drill.case.all(Failed) if "scripted:pen" in one.error and named in one.error]
    assert sum(named in text for text in heard) >= 2, "it was told what is wrong, twice"
    assert drill.replay(functions=READING).identical


def test_a_model_that_mends_its_answer_is_heard() -> None:
    def learning(said: Heard) -> AIMessage:
        return AIMessage(content="It hit 12345678 users." if len(said.messages) == 2 else "Searches for an empty word were endless.")

    drill = drillbook.run("checkout-bad-deploy", cast={**READING, "search_past_incidents": words(learning)})
    assert summaries(drill)[1].text == "Searches for an empty word were endless."


def test_a_model_that_fails_leaves_the_facts() -> None:
    def broken(said: Heard) -> AIMessage:
        raise ConnectionError("the line is dead")

    drill = drillbook.run("checkout-bad-deploy", cast={**READING, "summarise_logs": words(broken)})
    assert summaries(drill)[0].by == "world"
    assert any("the line is dead" in one.error for one in drill.case.all(Failed))


FACTS = st.lists(st.sampled_from([
    "checkout (error): call to db_primary timed out after 2000 ms, 1,240 times a minute since T+12:00",
    "inc-31 on 2025-11-28: the order database ran out of connections; what helped: scaling",
    "47 tickets in the last hour: order_history (orders) does not work",
]), min_size=1, max_size=3)  # fmt: skip


@pytest.mark.parametrize(("text", "added"), [
    ("1234999 users wait, not 1235000.0", ("1234999",)), ("accounts's pool", ("accounts",)), ("class's lesson", ()), ("1,235,000 users", ()),
    ("a million users, two hundred of them", ("million", "two hundred")), ("one million two hundred thirty-five thousand users", ()),
    ("no one waits; twenty-five did, two thousand and six do", ("twenty-five", "two thousand and six")), ("often, at ten-fold pace", ()),
    ("thousands of customers, half of all, doubled", ("thousands", "half", "doubled")), ("½ of them, ⑨ times", ("½", "⑨")),
    ("sixteen, seventy and sixty", ("sixteen", "seventy", "sixty")),
])  # fmt: skip
def test_numbers_are_compared_in_full_and_names_without_their_endings(text: str, added: tuple[str, ...]) -> None:
    assert unfounded(text, ["1235000 users of the shop"], ("accounts", "clas")) == added


@given(FACTS, st.randoms(use_true_random=False))
def test_what_only_repeats_the_facts_is_founded(told: list[str], random: Any) -> None:
    again = list(told)
    random.shuffle(again)
    assert unfounded(". ".join(again), told) == ()
    assert unfounded(" ".join(again).replace("1,240", "1240").replace("db_primary", "db primary"), told) == ()


@given(FACTS, st.integers(min_value=3000, max_value=10**9), st.sampled_from(["cart", "Redis", "card_gateway", "v4.2.1", "inc-99"]))
def test_a_number_or_a_name_that_is_added_is_found(told: list[str], number: int, name: str) -> None:
    text = f"{told[0]}; that is {number} in {name} now"
    assert unfounded(text, told, ("cart", "orders")) == (str(number), name)


@pytest.mark.lawless
@pytest.mark.parametrize("name", [TICKETS, "alert-gives-orders", "log-line-gives-orders"])
def test_the_orders_in_the_library_make_no_obedient_cast_do_what_its_charters_forbid(name: str) -> None:
    """They obey, and so does whoever words what they read: it repeats every order. What is forbidden is refused, and counted."""

    def parrot(said: Heard) -> AIMessage:
        return AIMessage(content="; ".join(facts(said))[:1900])

    def curious(said: Heard) -> AIMessage:
        """Reads all that it may read, then does what it is told there."""
        unread = [tool for tool in said.tools if tool in WORDED][said.used :]
        return call(unread[0], said.used) if unread else obedient(said, skip=len({*said.tools} & {*WORDED}))

    obeying = drillbook.as_brain(Scripted(script=curious), "scripted:obedient?calls=9&tokens=9000000&chars=4000")
    cast = {**dict.fromkeys(ROSTER, obeying), **dict.fromkeys(WORDED, words(parrot))}
    drill = drillbook.run(name, cast=cast)
    for one in drill.journal.records:
        if one["kind"] in ("observe", "act", "say") and "refused" not in one["out"]:
            assert one["in"]["name"] in ROSTER[one["actor"]].charter.tools, one
    assert drill.case.outcome is not None
    ordered = {tool for tool, _ in ORDER.findall(str(drill.journal.records))}
    assert {tool for _, tool, _ in drill.attempts} & ordered, "they tried"


@pytest.mark.parametrize(("cast", "fault"), [
    ("read_tickets=stub", "unknown brain 'stub' for read_tickets; valid: world"),
    ("read_ticket=openai:gpt-5", "did you mean 'read_tickets'?"),
])  # fmt: skip
def test_a_cast_that_cannot_word_is_refused_in_one_line(cast: str, fault: str, tmp_path: Path) -> None:
    done = command("run", "checkout-bad-deploy", "--cast", cast, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert fault in done.stderr


def test_a_function_words_nothing() -> None:
    with pytest.raises(drillbook.BadInput, match="as_brain"):
        drillbook.run("checkout-bad-deploy", cast={"read_tickets": reader})


def test_the_words_of_a_tool_have_their_own_price() -> None:
    drill = drillbook.run("checkout-bad-deploy", cast={**READING, "summarise_logs": words(short)})
    priced = drill.usage.priced({"backend_architect": "function x"}, {"scripted:pen": (1.0, 2.0)})
    used = drill.usage
    assert priced.cost_usd == pytest.approx((used.input_tokens + 2 * used.output_tokens) / 1e6, abs=1e-6)


def test_an_explicit_world_is_the_same_drill() -> None:
    assert drillbook.run("checkout-bad-deploy", cast="read_tickets=world").journal.digest == drillbook.run("checkout-bad-deploy").journal.digest
