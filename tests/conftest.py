"""Every drill that any test flies in this process is held against the runbook's laws; the test that flew it fails if one is broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flights import Warden


@pytest.fixture(scope="session")
def warden() -> Iterator[Warden]:
    """Holds what is flown against the laws, for the whole session: fixtures of modules fly drills, too."""
    with pytest.MonkeyPatch.context() as patch:
        yield Warden.posted(patch)


@pytest.fixture(autouse=True)
def _laws(request: pytest.FixtureRequest, warden: Warden) -> None:
    """The laws hold in every test but those marked `lawless`, which break them on purpose."""
    warden.off_duty = request.node.get_closest_marker("lawless") is not None
