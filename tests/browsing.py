"""Pages as a browser has them: Chromium without a network, and axe within the page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flights import ROOT

AXE = ROOT / ".venv/axe/node_modules/axe-core/axe.min.js"
"""Where `make test` puts it, from npm."""
_NO_NETWORK = ("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--disable-background-networking")
_REPORT = """<script>axe.run(document).then(found => {
  const out = document.createElement('pre');
  out.id = 'axe';
  out.textContent = JSON.stringify(found.violations.map(one => [one.id, one.help, one.nodes[0].html.slice(0, 160)]).concat(
    found.passes.length ? [] : [['nothing was checked', '', '']]));
  document.body.appendChild(out);
});</script>"""


def needed(thing: str | None, name: str) -> str:
    """What a test needs of the machine; without it the test is skipped, or fails where services are required."""
    if thing is None:
        if os.environ.get("DRILLBOOK_REQUIRE_SERVICES"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return thing


def chromium(page: Path, *options: str) -> str:
    """The page's DOM when it has been loaded and its scripts have run, as text."""
    program = needed(shutil.which("chromium") or shutil.which("chromium-browser"), "chromium")
    basic = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=30000", f"--user-data-dir={page.parent / 'profile'}")
    done = subprocess.run([program, *basic, *_NO_NETWORK, *options, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def violations(html: str, folder: Path, *options: str) -> list[Any]:
    """What axe has to say against a page: [rule, help, the first element] each."""
    script = Path(needed(str(AXE) if AXE.is_file() else None, "axe-core (npm)")).read_text().replace("</script", "<\\/script")
    page = folder / "page.html"
    page.write_text(html.replace("</body>", f"<script>{script}</script>{_REPORT}</body>"))
    found = re.search(r'<pre id="axe">(.*?)</pre>', chromium(page, *options), re.DOTALL)
    assert found, "axe gave no answer"
    answer: list[Any] = json.loads(unescape(found[1]))
    return answer
