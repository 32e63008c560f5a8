"""A system's alert rules as Prometheus reads them, and a scenario's metrics as a unit test for them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from drillbook.firing import Firing
from drillbook.scenario import AlertRule, System
from drillbook.units import MINUTE, SECOND

__all__ = ["promtool_tests", "rules_file"]


def rules_file(system: System) -> str:
    """A Prometheus rules file (YAML) with the alert rules of a system, over the series `drillbook_METRIC{component, kind}`."""
    groups = [{"name": system.name, "interval": "1m", "rules": [_rule(rule) for rule in system.alerts]}]
    out = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output, yaml.width = False, False, 4096  # type: ignore[assignment]
    yaml.dump({"groups": groups}, out)
    return out.getvalue()


def _rule(rule: AlertRule) -> dict[str, Any]:
    runbook = {"runbook_url": _literal(rule.runbook_url)} if rule.runbook_url else {}
    labels = {name: _literal(value) for name, value in {**rule.labels, "severity": rule.severity}.items()}
    return {"alert": rule.alert, "expr": rule.promql, "for": _span(rule.for_), "labels": labels,
            "annotations": {"summary": _template(rule), **runbook}}  # fmt: skip


def _span(length: int) -> str:
    return f"{length // MINUTE}m" if length % MINUTE == 0 else f"{length // SECOND}s"


def _literal(text: str) -> str:
    """Text that Go's templates leave as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _template(rule: AlertRule) -> str:
    """The summary in the language of Prometheus' templates."""
    marks = {"component": "\0component\0", "value": "\0value\0", "minutes": str(rule.for_ // MINUTE)}
    text = _literal(rule.summary.format(**marks))
    return text.replace("\0component\0", "{{ $labels.component }}").replace("\0value\0", '{{ printf "%.1f" $value }}')


def promtool_tests(system: System, rules: str, kinds: Mapping[str, str], series: Mapping[tuple[str, str], Sequence[float]],
                   minutes: Iterable[Sequence[Firing]]) -> dict[str, Any]:  # fmt: skip
    """A test file for `promtool test rules`: a scenario's metrics, minute by minute, and the alerts that fire in each minute.

    `rules` is the path of the rules file, `kinds` the kind of each component; the file can be written as JSON, which is YAML.
    """
    names = sorted({rule.alert for rule in system.alerts})
    given = [
        {"series": f'drillbook_{metric}{{component="{name}", kind="{kinds[name]}"}}', "values": " ".join(map(repr, values))}
        for (metric, name), values in series.items()
    ]
    wanted = [
        {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": [_expected(one) for one in firing if one.alert.name == name]}
        for minute, firing in enumerate(minutes) for name in names
    ]  # fmt: skip
    test = {"interval": "1m", "input_series": given, "alert_rule_test": wanted}
    return {"rule_files": [rules], "evaluation_interval": "1m", "tests": [test]}


def _expected(firing: Firing) -> dict[str, Any]:
    labels = {name: value for name, value in firing.alert.labels.items() if name != "alertname"}
    return {"exp_labels": labels, "exp_annotations": firing.annotations}
