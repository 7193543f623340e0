"""A started box on a clock of the test's own, and a client that has its key."""

from __future__ import annotations

import math
from collections.abc import Iterator

import httpx
import pytest

from octotui.demo.demo_gateway import Box
from tests.support.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(clock: Clock) -> Iterator[Box]:
    with Box(speed=math.inf, clock=clock, faults=False, opening=False) as started:
        yield started


@pytest.fixture
def client(box: Box) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {box.key}"}
    with httpx.Client(base_url=box.base_url, headers=headers, trust_env=False) as opened:
        yield opened


@pytest.fixture
def anyone() -> Iterator[httpx.Client]:
    """A client with no key."""
    with httpx.Client(trust_env=False) as opened:
        yield opened
