"""How much a ledger keeps, whichever kind it is."""

from __future__ import annotations

MAX_EVENTS = 20_000
"""Lines the activity log keeps."""
MAX_EVENT_AGE = 90 * 86_400
"""Seconds it keeps a line: a quarter of a year. No gateway keeps a result that long, so that nobody can still act on an
older line; a busy ledger comes to `MAX_EVENTS` long before."""
OLD_PER_NEW = 2
"""Lines past their age that one new line may remove: so a clock that is years ahead for an hour costs twice as many
lines as were written in that hour, and not the whole log."""
MAX_DURATIONS = 20_000
"""Finished tasks that estimates can be made of."""
MAX_ANSWER = 256 * 1024
"""Bytes kept of one raw answer, before it is compressed."""
OLDEST = 1000
"""Lines at the log's beginning that are looked at for their age."""
MAX_MINUTES = 2 * 24 * 60
"""Minutes of work that are remembered: two days."""
MAX_ATTEMPTS = 100
"""Rungs remembered of one task's downloads."""
MAX_POSTERS = 300
"""Posters kept, the newest; with `MAX_PICTURE` at most 20 MB."""
MAX_PICTURE = 64 * 1024
"""Bytes of one picture."""
TRY_AGAIN_AFTER = 60.0
"""Seconds after which somebody who asks again for a poster has it tried again: a disk may have come back."""
MAX_QUEUED = 10_000
"""Rows of the outbox that are kept where nobody tells anybody."""
MAX_REMOVALS = 20
"""Removals that can be undone, the newest."""
