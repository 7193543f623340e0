"""Three boxes on one ledger while boxes are killed and frozen, lines cut and the server crashes: the soak, short."""

from __future__ import annotations

import pytest

from tests.benchmarks.fleet.soak import Plan, soak
from tests.support import postgres


@pytest.mark.timeout(300)
def test_nothing_is_asked_fetched_or_told_twice_and_nothing_is_lost(cluster: postgres.Cluster) -> None:
    """That there is a PostgreSQL is the fixture's to say; the soak crashes one of its own."""
    plan = Plan(
        seconds=12.0,
        seed=5,
        new_task=(0.3, 0.8),
        kill=(2.5, 3.5),
        down=(0.0, 0.5),
        freeze=(3.0, 4.0),
        frozen=(6.5, 7.0),
        crash=(6.0, 8.0),
        cut=(2.0, 4.0),
        running=(0.5, 4.0),
        settle=200.0,
    )
    said: list[str] = []
    verdict = soak(plan, say=said.append)
    assert verdict.violations == [], "\n".join((*said, *verdict.figures))
