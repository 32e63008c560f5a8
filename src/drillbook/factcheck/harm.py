"""How much harm: users, revenue, shares that failed, data; and what was told to the public."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from drillbook.factcheck.claims import Claim, Subject
from drillbook.factcheck.figures import COUNT, Amount, count, dollars, moments, people, shares
from drillbook.factcheck.known import Known
from drillbook.factcheck.saying import claim, denied, mask
from drillbook.factcheck.sentences import Sentence

__all__ = ["read_data", "read_messages", "read_revenue", "read_shares", "read_users"]

_BY_THEN = re.compile(
    r"\b(?:so far|by then|at that (?:time|point)|at the time|when (?:it was )?(?:declared|detected)|initially|at first|already"
    r"|as of|"
                      r"by the time|a further|another|more than half)\b", re.IGNORECASE)  # fmt: skip
_SUPPOSED = re.compile(
    r"\b(?:could have|would have|might have|if|potentially|estimated to|threshold|risk of|limit|expected)\b", re.IGNORECASE)


def read_users(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of how many users were hit, in all or by a moment."""
    for amount in people(mask(sentence.text, known.conditions)):
        yield from _lost(sentence, amount, "users", known)


_NO_REVENUE = re.compile(
    r"\bno (?:revenue|sales?|money)\b[^.;]{0,20}\b(?:lost|impact|loss)|\brevenue (?:was )?(?:not affected|unaffected)", re.IGNORECASE,
)  # fmt: skip


def read_revenue(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of how much revenue was lost, in all or by a moment."""
    text = mask(sentence.text, known.conditions)
    for amount in dollars(text):
        yield from _lost(sentence, amount, "revenue", known)
    if _NO_REVENUE.search(text):
        yield claim(sentence, "revenue", "none lost", f"{known.revenue[1]:,.0f} USD", known.revenue[1] < 50)


def _lost(sentence: Sentence, amount: Amount, about: Subject, known: Known) -> Iterator[Claim]:
    low, high = known.users if about == "users" else known.revenue
    unit = "users" if about == "users" else "USD"
    said = f"{ {'least': 'at least ', 'most': 'at most '}.get(amount.bound, '')}{amount.value:,.0f} {unit}"
    truth = f"{high:,.0f} {unit}"
    if _SUPPOSED.search(sentence.text):
        return
    found = next(moments(sentence.text, known.scenario.starts, known.over // 2), None)
    if found is not None or _BY_THEN.search(sentence.text):
        so_far = [measured.users_hit if about == "users" else measured.revenue_lost_usd for _, measured in known.impacts]
        if found is not None and found.at < known.over:
            then = known.truth_at(found.at + found.slack // 2)
            so_far.append(then.users_hit if about == "users" else then.revenue_lost_usd)
        near = any(_fits(amount, one, one) for one in (*so_far, high))
        yield claim(sentence, about, said, truth, True if near else None if amount.value <= 1.05 * high else False)
        return
    yield claim(sentence, about, said, truth, _fits(amount, low, high))


def _fits(amount: Amount, low: float, high: float) -> bool:
    """Whether an amount is between two, give or take: 5%, or 12% where it was rounded or hedged."""
    give = 0.12 if amount.rough else 0.05
    if amount.bound == "least":
        return amount.value <= high * (1 + give) + 2
    if amount.bound == "most":
        return amount.value >= low * (1 - give) - 2
    return low * (1 - give) - 2 <= amount.value <= high * (1 + give) + 2


_OF_USERS = re.compile(r"\s*of (?:all |our |the )?(?:users|traffic|customers|people)\b", re.IGNORECASE)
_ALL_OF_THEM = re.compile(
    r"\b(?:nobody|no one|no users?|no customers?) (?:was|were) (?P<none>hit|affected|impacted)\b"
    r"|\b(?:every|each|all(?: of)?(?: the| our)?) (?:users?|customers?) (?:was|were) (?:hit|affected|impacted|locked out|unable)\b",
    re.IGNORECASE,
)  # fmt: skip
_OF_REQUESTS = re.compile(r"\s*of (?:its|their|all|the) (?:requests|calls)\b", re.IGNORECASE)
_PEAK = re.compile(r"\b(?:worst|peak(?:ed)?|at its height|up to|at most|maximum)\b", re.IGNORECASE)


def read_shares(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of the share of users, or of a component's requests, that failed."""
    text = mask(sentence.text, known.conditions)
    for amount in shares(text):
        after = text[amount.end :]
        if _OF_USERS.match(after) and not _SUPPOSED.search(text):
            yield from _of_users(sentence, amount, known)
        owner = _owner(text[: amount.start], known)
        if owner and _OF_REQUESTS.match(after):
            yield from _of_requests(sentence, amount, owner, known)
    whole = _ALL_OF_THEM.search(text)
    if whole and not _SUPPOSED.search(text):
        worst, said = known.truth.peak_users_failing_pct, "nobody was hit" if whole["none"] else "all users were hit"
        right = known.users[1] < 1 if whole["none"] else True if worst > 97 else None if worst > 90 else False
        yield claim(sentence, "share of failures", said, f"{worst:g}% of users at the worst", right)
    for hop in known.chain.hops:
        yield from _as_reconstructed(sentence, hop.what, text)


def _owner(before: str, known: Known) -> str:
    """The component that is said to have failed the share that follows; empty if there is none."""
    failed = re.search(r"\s(?:failed|lost|refused|dropped)\s(?:about\s|around\s|nearly\s|some\s)?$", before, re.IGNORECASE)
    names = list(known.name_pattern.finditer(before[: failed.start()])) if failed else []
    return known.component(names[-1][0]) if failed and names and names[-1].end() == failed.start() else ""


_FIGURE = re.compile(r"\d+(?:\.\d+)?")


def _as_reconstructed(sentence: Sentence, true: str, text: str) -> Iterator[Claim]:
    """A figure in words that the reconstructed chain has, too."""
    numbers = _FIGURE.findall(true)
    found = re.search(r"(\d+(?:\.\d+)?)".join(map(re.escape, _FIGURE.split(true))), text)
    if found and numbers:
        right = all(abs(float(said) - float(one)) <= max(1, 0.05 * float(one)) for said, one in zip(found.groups(), numbers, strict=True))
        yield claim(sentence, "share of failures", found[0], true, right)


def _of_users(sentence: Sentence, amount: Amount, known: Known) -> Iterator[Claim]:
    worst = max([known.truth.peak_users_failing_pct, *(measured.users_failing_pct for _, measured in known.impacts)])
    tops = (known.truth.peak_users_failing_pct, known.case.worst.users_failing_pct if known.case.worst else 0.0)
    seen = tops if _PEAK.search(sentence.text) else (*tops, *(measured.users_failing_pct for _, measured in known.impacts))
    near = _among(amount, seen)
    bounded = {"most": amount.value >= worst and not _PEAK.search(sentence.text), "least": amount.value <= worst}.get(amount.bound, False)
    right = True if near or bounded else False if _PEAK.search(sentence.text) or amount.value > 1.1 * worst + 1 else None
    yield claim(sentence, "share of failures", f"{amount.value:g}% of users", f"{worst:g}% of users at the worst", right)


def _among(amount: Amount, values: Sequence[float]) -> bool:
    return any(abs(amount.value - value) <= max(0.6, (0.12 if amount.rough else 0.05) * value) for value in values)


def _of_requests(sentence: Sentence, amount: Amount, component: str, known: Known) -> Iterator[Claim]:
    seen = sorted(known.error_shares.get(component, ()))
    if seen:
        near = any(abs(amount.value - share) <= 2 for share in seen)
        right = True if near else None if seen[0] - 5 <= amount.value <= seen[-1] + 5 else False
        right = False if right is None and amount.value < seen[-1] - 15 and "so far" not in sentence.text else right
        yield claim(sentence, "share of failures", f"{amount.value:g}% of {component}'s requests", f"{seen[-1]:g}% at the worst", right)


_EXPOSED = r"(?:exposed|leaked|read|accessed|compromised|stolen|breach(?:ed)?|exposure|leak)"
_LOST = r"(?:lost|loss|corrupted|destroyed)"
_RISK = r"(?:at risk|endangered)"
_DATA = r"(?:data(?!\s(?:cent|bas))|records?)"
_DENIES = re.compile(
    rf"(?:\b(?:no|not any|none of the|nobody's|zero)\b|(?<![\d.,])0(?= ))[^.;]{{0,30}}?\b{_DATA}\b(?P<of>[^.;]*)"
    rf"|\b{_DATA} (?:was|were) (?:not|never)\b(?P<of2>[^.;]*)", re.IGNORECASE,
)  # fmt: skip
_AFFIRMS = re.compile(rf"\b{_DATA}\b(?P<of>[^.;]{{0,50}}?\b(?:{_EXPOSED}|{_LOST}|{_RISK})\b)", re.IGNORECASE)
_RECORDS = re.compile(r"(?<![\w.,])(\d[\d,]*)\s(?:[a-z]+\s)?records\b(?!\s(?:a|per|an|each)\s)", re.IGNORECASE)


def read_data(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of whether data was exposed, lost or at risk, and how many records were read."""
    text = mask(sentence.text, known.conditions)
    exposed, truth = known.truth.records_exposed, _truth_of_data(known)
    denies = _DENIES.search(text)
    if denies:
        said = denies["of"] or denies["of2"] or ""
        parts = [verdict for words, verdict in _denials(exposed, known) if re.search(rf"\b{words}\b", said, re.IGNORECASE)]
        if parts:
            right = False if False in parts else None if None in parts else True
            yield claim(sentence, "data", "no data was exposed, lost or at risk", truth, right)
        return
    for found in _RECORDS.finditer(text):
        number = float(found[1].replace(",", ""))
        least = bool(re.search(r"\b(?:at least|more than|over)\s$", text[: found.start()], re.IGNORECASE))
        counted = [one for one in (exposed, known.records_counted) if one]
        near = number <= 1.05 * exposed if least else any(abs(number - one) <= 0.05 * one for one in counted)
        yield claim(sentence, "data", f"{number:,.0f} records", truth, near)
    affirms = _AFFIRMS.search(text)
    if affirms and not denied(text, affirms.start()) and not _SUPPOSED.search(text) and sentence.part == "fact":
        yield from _affirmed(sentence, affirms["of"], truth, known)


def _denials(exposed: int, known: Known) -> tuple[tuple[str, bool | None], ...]:
    """What each denial comes to: right, wrong, or nobody can say."""
    return (
        (_EXPOSED, True if exposed == 0 else False if exposed > 20 else None),
        (_LOST, None if known.at_risk else True),
        (_RISK, not known.at_risk),
        ("affected", True if exposed == 0 and not known.at_risk else False if exposed > 20 else None),
    )


def _affirmed(sentence: Sentence, words: str, truth: str, known: Known) -> Iterator[Claim]:
    if re.search(rf"\b{_EXPOSED}\b", words, re.IGNORECASE):
        exposed = known.truth.records_exposed
        yield claim(sentence, "data", "data was exposed", truth, True if exposed > 0 else None if re.search(r"\bread\b", words) else False)
    elif re.search(_RISK, words, re.IGNORECASE):
        yield claim(sentence, "data", "data was at risk", truth, known.at_risk or known.truth.records_exposed > 0)
    elif not known.at_risk:
        yield claim(sentence, "data", "data was lost", truth, None if "corrupt" in words else False)


def _truth_of_data(known: Known) -> str:
    exposed = known.truth.records_exposed
    read = f"{exposed:,} records were read without permission" if exposed else "no record was exposed"
    return f"{read}; data was {'' if known.at_risk else 'not '}at risk"


_MESSAGES: tuple[tuple[str, str], ...] = (
    ("status updates", rf"\b({COUNT}) (?:public |regular )?(?:status[- ](?:page )?updates?|updates (?:to|on|of) the status page)\b"),
    ("briefs", rf"\b({COUNT}) (?:executive |stakeholder |incident )?(?:briefs?|briefings?)\b"),
)  # fmt: skip
_SILENT = re.compile(r"\bstatus page was (?:never|not) updated\b|\b(?:never|without) (?:updated|updating) the status page\b", re.IGNORECASE)


def read_messages(sentence: Sentence, known: Known) -> Iterator[Claim]:
    """Claims of how many status updates and briefs were sent."""
    for name, pattern in _MESSAGES:
        sent = known.updates[name]
        before = sum(at < known.over for at in sent)  # the last ones tell that it is over
        for found in re.finditer(pattern, sentence.text, re.IGNORECASE):
            right = before <= count(found[1]) <= len(sent)
            truth = f"{len(sent)} {name}, {before} of them before it was over"
            yield claim(sentence, "messages", f"{count(found[1])} {name}", truth, right)
    if _SILENT.search(sentence.text):
        number = len(known.updates["status updates"])
        yield claim(sentence, "messages", "no status updates", f"{number} status updates", number == 0)


