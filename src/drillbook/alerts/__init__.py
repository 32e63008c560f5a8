"""Synthetic alerts: what a drill's alerts look like to other systems, and what other systems' alerts mean to a drill."""

from __future__ import annotations

from drillbook.alerts.body import Body, parse_body, read_body
from drillbook.alerts.inbound import Received, read_alerts, receive
from drillbook.alerts.incidents import Grouper, Incident
from drillbook.alerts.labels import fingerprint, group_key, match
from drillbook.alerts.outbound import FORMATS, encode
from drillbook.alerts.post import post
from drillbook.alerts.rules import promtool_tests, rules_file
from drillbook.alerts.storm import distant, storm

__all__ = [
    "FORMATS", "Body", "Grouper", "Incident", "Received", "distant", "encode", "fingerprint", "group_key", "match", "parse_body", "post",
    "promtool_tests", "read_alerts", "read_body", "receive", "rules_file", "storm",
]  # fmt: skip
