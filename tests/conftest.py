"""What holds for every test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import Cluster

# A deadline would make every property test a timed one, and fail where others use the same machine.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    from tests.support import postgres  # noqa: PLC0415 - psycopg is for those that use it

    if postgres.binaries() is None:
        missing = "no PostgreSQL here: install it, or name its folder in OCTOTUI_TEST_POSTGRES"
        if postgres.is_required():
            pytest.fail(missing)
        pytest.skip(missing)
    # With several workers the folder of each is in one that all know.
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with postgres.shared_cluster(run) as shared:
        yield shared


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    """Return the URL of a ledger that is not there yet."""
    schema_name = f"t_{uuid4().hex[:12]}"
    yield cluster.url(schema_name)
    with cluster.connect() as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {schema_name} CASCADE".encode())
