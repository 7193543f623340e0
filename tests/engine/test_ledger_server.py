"""What doctor says of a ledger's server."""

from __future__ import annotations

import pytest

from octotui.engine.diagnostics.finding import Finding, Verdict
from octotui.engine.diagnostics.ledger_server import judge_server
from octotui.ledger import Right, ServerFacts

GOOD = ServerFacts("15.18", "farm", 1, "TLSv1.3", False, "farm", Right.WORK, False, 0.25, 0.0012)


def judged(facts: ServerFacts) -> dict[str, Finding]:
    return {finding.name: finding for finding in judge_server(facts)}


def test_a_server_on_which_all_is_well() -> None:
    found = judged(GOOD)
    assert {finding.verdict for finding in found.values()} == {Verdict.OK}
    assert found["ledger server"].says == "PostgreSQL 15.18, schema farm, tables of version 1, by TLSv1.3"
    assert found["ledger rights"].says == "farm may do everything"
    assert found["ledger clock"].says == "within 1 s of this machine's"
    assert found["notifications"].says == "arrive after 1 ms"


@pytest.mark.parametrize(
    ("facts", "name", "words"),
    [
        (GOOD._replace(encryption=None), "ledger server", "by an unencrypted line"),
        (GOOD._replace(right=Right.ASK), "ledger rights", "farm may add, save, pause and remove"),
        (GOOD._replace(right=Right.LOOK), "ledger rights", "farm may only look"),
        (GOOD._replace(clock_offset=600.0), "ledger clock", "10m ahead of this machine's"),
        (GOOD._replace(clock_offset=-600.0), "ledger clock", "10m behind this machine's"),
        (GOOD._replace(notified_after=None), "notifications", "do not arrive"),
    ],
)
def test_what_is_worth_a_warning(facts: ServerFacts, name: str, words: str) -> None:
    found = judged(facts)
    assert found[name].verdict is Verdict.WARN
    assert words in found[name].says
    assert found[name].remedy
    assert {other for other, finding in found.items() if finding.verdict is not Verdict.OK} == {name}


def test_a_replica_is_a_failure_and_a_socket_needs_no_encryption() -> None:
    replica = judged(GOOD._replace(is_replica=True, notified_after=None))
    assert replica["ledger rights"].verdict is Verdict.FAIL
    assert "notifications" not in replica
    assert judged(GOOD._replace(encryption=None, is_local=True))["ledger server"].verdict is Verdict.OK
