"""What a server says about itself; a file has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger, Right

if TYPE_CHECKING:
    from tests.support.postgres import Cluster


@pytest.mark.only_sqlite
def test_a_file_has_no_server(ledger: Ledger) -> None:
    assert ledger.server_facts() is None


def test_the_server_is_what_it_is(url: str) -> None:
    with Ledger.open(url) as ledger:
        facts = ledger.server_facts()
    assert facts is not None
    assert int(facts.version.split(".")[0]) >= 14
    assert (facts.is_local, facts.encryption, facts.right, facts.is_replica) == (True, None, Right.WORK, False)
    assert abs(facts.clock_offset) < 1.0
    assert facts.notified_after is not None
    assert facts.schema in url


@pytest.mark.parametrize(("role", "right"), [("octotui_ask", Right.ASK), ("octotui_look", Right.LOOK)])
def test_the_rights_are_those_of_the_role(cluster: Cluster, url: str, role: str, right: Right) -> None:
    Ledger.open(url).close()
    user = f"{role}_of_{url.rsplit('t_', 1)[-1]}"[:60]
    with cluster.connect() as connection:
        schema = f"t_{url.rsplit('t_', 1)[-1]}"
        connection.execute(f"CREATE ROLE {user} LOGIN".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {user}".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user}".encode())
        if right is Right.ASK:
            connection.execute(f"GRANT UPDATE (wanted) ON {schema}.tasks TO {user}".encode())
    with Ledger.open(url.replace("octotui@", f"{user}@"), is_reader=True) as ledger:
        facts = ledger.server_facts()
    assert facts is not None
    assert (facts.user, facts.right) == (user, right)
