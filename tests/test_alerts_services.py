"""Against the real thing: Alertmanager groups a drill's alerts and its webhook starts a drill; promtool fires them at the same minute."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import orjson
import pytest
from bodies import program
from flights import IDS, fly, part, simulator

from drillbook.alerts import rules_file
from drillbook.cli import main
from drillbook.exercise import Order, bodies, promtool, rules
from drillbook.scenarios import SYSTEMS

pytestmark = pytest.mark.service
PATIENCE = 30
"""Seconds until a test gives up."""
STARTS = "2020-01-01T00:00:00Z"
"""In the past of every clock: Alertmanager takes no alert from the future."""


@contextmanager
def _receiver(status: int = 200) -> Iterator[tuple[str, Queue[Any]]]:
    """A web server that puts what it gets in a queue."""
    got: Queue[Any] = Queue()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            got.put((self.path, self.headers["Content-Type"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _config(hook: str) -> str:
    route = {"receiver": "drillbook", "group_by": ["alertname"], "group_wait": "500ms", "group_interval": "1s", "repeat_interval": "1h"}
    return json.dumps({"route": route, "receivers": [{"name": "drillbook", "webhook_configs": [{"url": f"{hook}/hook"}]}]})


@contextmanager
def _alertmanager(folder: Path, hook: str) -> Iterator[str]:
    """A real Alertmanager that posts to `hook`; its address, on a port that it chose itself."""
    (folder / "config.yml").write_text(_config(hook))
    arguments = [f"--config.file={folder}/config.yml", f"--storage.path={folder}", "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]
    process = subprocess.Popen([program("prometheus-alertmanager"), *arguments, "--log.format=json"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    giving_up = threading.Timer(PATIENCE, process.kill)
    giving_up.start()
    drain = None
    try:
        said = []
        for line in process.stderr:
            found = json.loads(line)
            said.append(line)
            if found.get("msg") == "Listening on":
                giving_up.cancel()
                drain = threading.Thread(target=process.stderr.read)
                drain.start()
                yield f"http://{found['address']}"
                return
        pytest.fail("Alertmanager did not start:\n" + "".join(said[-5:]))
    finally:
        giving_up.cancel()
        process.terminate()
        process.wait(PATIENCE)
        if drain:
            drain.join(PATIENCE)
        process.stderr.close()


@pytest.mark.parametrize("name", ["database-primary-down", "checkout-bad-deploy", "payment-provider-outage"])
def test_alertmanager_groups_what_a_drill_sends_and_its_webhook_starts_the_drill(name: str, tmp_path: Path) -> None:
    order = Order(name, group_by=("alertname",), starts=STARTS)
    ours = {body["groupKey"]: body for body in bodies(order)}
    with _receiver() as (hook, got), _alertmanager(tmp_path, hook) as manager:
        assert main(["alert", name, "--starts", STARTS, "--to", f"{manager}/api/v2/alerts"]) == 0
        theirs: dict[str, Any] = {}
        while {key: len(body["alerts"]) for key, body in theirs.items()} != {key: len(body["alerts"]) for key, body in ours.items()}:
            _, _, body = got.get(timeout=PATIENCE)
            theirs[body["groupKey"]] = body
    for key, body in theirs.items():
        assert {**body, "externalURL": ""} == {**ours[key], "externalURL": ""}, "fingerprints, group key, order, times: all as ours"

    (tmp_path / "webhook.json").write_text(json.dumps([*theirs.values()]))
    drill, native = simulator().prepare(name, alert=tmp_path / "webhook.json").run(), fly(name)
    assert [(part["step"], part["outcome"]) for part in drill.route] == [(part["step"], part["outcome"]) for part in native.route]
    assert main(["run", name, "--alert", str(tmp_path / "webhook.json"), "--journal", str(tmp_path / "j.jsonl"), "--json"]) == 0


def test_alertmanager_resolves_what_the_drill_has_ended(tmp_path: Path) -> None:
    name = "database-primary-down"
    with _receiver() as (hook, got), _alertmanager(tmp_path, hook) as manager:
        for until in ([], ["--until", "4h"]):
            assert main(["alert", name, "--starts", STARTS, "--to", f"{manager}/api/v2/alerts", *until]) == 0
            _, _, body = got.get(timeout=PATIENCE)
            while body["status"] != ("resolved" if until else "firing") or body["groupLabels"] != {"alertname": "HighErrorRate"}:
                _, _, body = got.get(timeout=PATIENCE)
    ours = {alert["fingerprint"]: alert for part in bodies(Order(name, until="4h", starts=STARTS)) for alert in part["alerts"]}
    assert body["alerts"]
    assert all((ours[alert["fingerprint"]]["status"], ours[alert["fingerprint"]]["endsAt"]) == ("resolved", alert["endsAt"]) for alert in body["alerts"])


@pytest.mark.parametrize(("style", "media"), [("grafana", "application/json"), ("pagerduty", "application/json"), ("cloudevents", "application/cloudevents+json")])
def test_bodies_are_posted_as_they_are_printed(style: str, media: str) -> None:
    with _receiver() as (hook, got):
        assert main(["alert", "slow-search", "--format", style, "--to", f"{hook}/x?y=1"]) == 0
        for body in bodies(Order("slow-search", style)):
            assert got.get(timeout=PATIENCE) == ("/x?y=1", media, body)
        assert got.empty()


def test_a_receiver_that_refuses_is_named_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with _receiver(status=503) as (hook, _):
        assert main(["alert", "slow-search", "--to", hook]) == 2
    assert capsys.readouterr().err == f"drillbook: --to {hook}: refused with 503 Service Unavailable\n"


def test_what_was_sent_is_told_without_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    with _receiver() as (hook, _):
        assert main(["alert", "slow-search", "--to", hook.replace("//", "//me:hunter2@")]) == 0
    assert capsys.readouterr().out == f"posted 1 body (alertmanager) to {hook.replace('//', '//***@')}\n"


def _promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("promtool"), *arguments], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_promtool_accepts_the_rules_of_every_system(tmp_path: Path) -> None:
    for path in sorted(SYSTEMS.glob("*.yaml")):
        (tmp_path / "rules.yaml").write_text(rules(path.stem))
        done = _promtool(tmp_path, "check", "rules", "rules.yaml")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 rules found" not in done.stdout


@pytest.mark.parametrize("name", part(IDS[::3], 3))
def test_prometheus_fires_the_same_alerts_at_the_same_minute(name: str, tmp_path: Path) -> None:
    drill = fly(name)
    (tmp_path / f"{drill.system.name}.rules.yaml").write_text(rules_file(drill.system))
    test = promtool(drill)
    (tmp_path / "test.json").write_bytes(orjson.dumps(test))
    done = _promtool(tmp_path, "test", "rules", "test.json")
    assert done.returncode == 0, done.stdout[:3000] + done.stderr[:3000]


def test_promtool_would_see_an_alert_that_is_a_minute_late(tmp_path: Path) -> None:
    drill = fly("database-primary-down")
    (tmp_path / "shop.rules.yaml").write_text(rules("shop"))
    test = promtool(drill)
    rows = test["tests"][0]["alert_rule_test"]
    first = next(row for row in rows if row["exp_alerts"])
    first["exp_alerts"] = []
    (tmp_path / "test.json").write_bytes(orjson.dumps(test))
    assert _promtool(tmp_path, "test", "rules", "test.json").returncode == 1
