"""The server of a ledger that machines share, judged for `octotui doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from octotui import units
from octotui.engine.diagnostics.finding import Finding, Trouble, fail, ok, warn
from octotui.ledger import Right, ServerFacts

_CLOCK_APART = 5.0
"""Seconds by which two clocks may differ: countdowns are by this machine's clock, silence by the server's."""
_RIGHTS = {
    Right.WORK: "may do everything",
    Right.ASK: "may add, save, pause and remove, but not do the work",
    Right.LOOK: "may only look",
}


def judge_server(facts: ServerFacts) -> Iterator[Finding]:
    """Yield what is to be known of a server: version, line, rights, clock and notifications."""
    line = "a socket on this machine" if facts.is_local else facts.encryption or "an unencrypted line"
    said = f"PostgreSQL {facts.version}, schema {facts.schema}, tables of version {facts.schema_version}, by {line}"
    if facts.is_local or facts.encryption:
        yield ok("ledger server", said)
    else:
        yield warn("ledger server", said, "name sslmode=verify-full in the URL, unless the network is your own")
    yield _judge_right(facts)
    yield _judge_clock(facts.clock_offset)
    if facts.notified_after is not None:
        yield ok("notifications", f"arrive after {facts.notified_after * 1000:.0f} ms")
    elif not facts.is_replica:
        said = "do not arrive: others' changes are looked for four times a second instead"
        yield warn("notifications", said, "a pooler between here and the server has to pool sessions, if that matters")


def _judge_right(facts: ServerFacts) -> Finding:
    if facts.is_replica:
        said = "this server is a replica and can only be read"
        return fail("ledger rights", Trouble.FILE, said, "name the server that is written to, or use --read-only")
    said = f"{facts.user} {_RIGHTS[facts.right]}"
    if facts.right is Right.WORK:
        return ok("ledger rights", said)
    return warn("ledger rights", said, f"GRANT octotui_work TO {facts.user}, if this machine is to do the work")


def _judge_clock(offset: float) -> Finding:
    apart = abs(offset)
    said = f"the server's clock is {units.span(apart)} {'ahead of' if offset > 0 else 'behind'} this machine's"
    if apart <= _CLOCK_APART:
        return ok("ledger clock", f"within {max(1.0, apart):.0f} s of this machine's")
    return warn("ledger clock", said, "have both set by NTP: countdowns are by each machine's own clock")
