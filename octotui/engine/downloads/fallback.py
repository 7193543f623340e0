"""The fallback chain of one download: link, fresh link, `/content`; what is next, and when to stop. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from octotui.gateway.parsing.deadlines import link_deadline
from octotui.model import Deadline, DeadlineSource, DownloadTrouble

FRESH_AFTER = 600.0
"""Seconds after which a link counts as old: the gateway is asked for a fresh one before it is used."""
FRESH_BEFORE = 300.0
"""Seconds before its own deadline from which a link is not begun with any more, unless there is no fresher one."""

PATIENCE = 86_400.0
"""Seconds without one new byte after which a download whose deadline nobody knows is given up."""
_GRACE = 120.0
"""Seconds past its deadline for which a download is still tried: clocks differ."""
_GRACE_OF_RULE = 3600.0
"""The same where the deadline is only a rule of thumb."""
_HOUR = 3600.0
_SAME_CONTENT = (_HOUR, 2)
"""Seconds between two looks and how many of them: `/content` alone, failing alike each time, is believed then."""
_SAME_BYTES = (2 * _HOUR, 3)
"""The same for bytes that are no video, on every rung the same."""
_TRIES = 3
"""Tries in a row without a new byte before a rung in trouble is left for the next one."""
_NAMED = 3
"""Links that bodies may name in a row, each instead of being the video."""
_LONGEST_PAUSE = 300.0
_LONGEST_NETWORK_PAUSE = 60.0
_LONGEST_REFUSED_PAUSE = 1200.0
"""Seconds between rounds at most; a network that is back should be noticed sooner than a server that is well again, and
that sooner than a source that has changed its mind."""


class Source(StrEnum):
    """A source of the bytes; the words are those of the ledger's attempts."""

    LINK = "link"
    FRESH_LINK = "fresh link"
    CONTENT = "content"


class Verdict(StrEnum):
    """The verdict of one try at a source."""

    NETWORK = "network"
    """No answer, a cut or a stall: the same rung may do better in a moment."""
    TROUBLE = "trouble"
    """5xx or 429: the same rung may do better a little later."""
    REFUSED = "refused"
    """This rung will not give the bytes in this round."""
    GONE = "gone"
    """The same, in words that seldom change: 401, 403 and 410 of `/content`."""
    NO_VIDEO = "no video"
    """Bytes came, and they are no video."""
    FAULT = "fault"
    """An error of octotui's own: the next rung may do better, and nobody has said no."""


_NO = frozenset({Verdict.REFUSED, Verdict.GONE, Verdict.NO_VIDEO})
_AGAIN = frozenset({Verdict.NETWORK, Verdict.TROUBLE})
_TROUBLES = {
    Verdict.NETWORK: DownloadTrouble.NETWORK,
    Verdict.TROUBLE: DownloadTrouble.SERVER,
    Verdict.FAULT: DownloadTrouble.FAULT,
    Verdict.GONE: DownloadTrouble.REFUSED,
    Verdict.NO_VIDEO: DownloadTrouble.REFUSED,
    Verdict.REFUSED: DownloadTrouble.REFUSED,
}
"""What each verdict is called in the ledger; of several in one round the first in this order."""


@dataclass(slots=True, frozen=True)
class Fetch:
    """Get the bytes at a rung; `url` is None for `/content`."""

    source: Source
    url: str | None


@dataclass(slots=True, frozen=True)
class Ask:
    """Ask the gateway for the task again: the answer may hold a fresh link."""


@dataclass(slots=True, frozen=True)
class Wait:
    """Do nothing until `until` (unix seconds); `words` say why."""

    until: float
    words: str
    trouble: DownloadTrouble


@dataclass(slots=True, frozen=True)
class GiveUp:
    """Nothing more can be done."""

    words: str
    trouble: DownloadTrouble


Step = Fetch | Ask | Wait | GiveUp


class FallbackChain:
    """What was tried for one result, and what to try next. Times are unix seconds and come from outside."""

    def __init__(self, *, now: float, patience: float | None = None) -> None:
        """`patience` bounds the seconds without a new byte, whatever the deadline; None leaves it to the deadline."""
        self._patience = patience
        self._link: str | None = None
        self._link_source = Source.LINK
        self._link_at = float("-inf")
        self._deadline: Deadline | None = None
        self._progress_at = now
        self._wait: Wait | None = None
        self._rounds = 0
        self._outcomes: dict[Source, str] = {}
        self._alike: str | None = None
        """What every rung has said, where all said the same in each of the last rounds."""
        self._looks = 0
        """How often that was seen, far enough apart to count."""
        self._looked_at = now
        self._begin_round()

    def _begin_round(self) -> None:
        self._is_asked = False
        self._given_up: set[Source] = set()
        self._tries = 0
        self._named = 0
        self._verdicts: set[Verdict] = set()
        self._said: set[str | None] = set()
        self._is_ask_failed = False
        self._asked_to_wait = 0.0

    def know(self, *, link: str | None, seen_at: float, deadline: Deadline | None) -> None:
        """Take in what the ledger knows of the task: its link, when the gateway last named it, and its deadline."""
        self._deadline = deadline
        if seen_at <= self._link_at or link is None:
            return
        if link != self._link:
            self._given_up.discard(self._link_source)
        self._link, self._link_at = link, seen_at

    def step(self, now: float) -> Step:
        """Say what to do at `now`. Ends the round when every rung of it was tried."""
        if self._wait is not None:
            if now < self._wait.until:
                return self._wait
            self._wait = None
        has_link = self._link is not None and self._link_source not in self._given_up
        if not self._is_asked and self._asks_first(now):
            return Ask()
        if has_link and self._is_usable(now):
            return Fetch(self._link_source, self._link)
        if not self._is_asked and (self._link is not None or self._rounds):
            return Ask()
        if Source.CONTENT not in self._given_up:
            return Fetch(Source.CONTENT, None)
        if has_link:
            # Past its deadline by our clock; but clocks differ, and nothing else is left.
            return Fetch(self._link_source, self._link)
        return self._end_round(now)

    def asked(self, link: str | None, now: float) -> bool:
        """Take in the answer to `Ask`; True when its link is another one than before."""
        self._is_asked = True
        is_new = link is not None and link != self._link
        if is_new:
            self._use(link, now)
        elif link is not None:
            self._link_at = now
        return is_new

    def ask_failed(self, verdict: Verdict, words: str, *, retry_after: float | None) -> None:
        """Take in that `Ask` brought nothing."""
        self._is_asked = self._is_ask_failed = True
        self._verdicts.add(verdict)
        self._outcomes[Source.FRESH_LINK] = words
        self._asked_to_wait = max(self._asked_to_wait, retry_after or 0.0)

    def named(self, source: Source, link: str, now: float) -> None:
        """Take in that the body at `source` named another link instead of being the video."""
        self._given_up.add(source)
        self._named += 1
        if link != self._link and self._named <= _NAMED:
            self._use(link, now)
        else:
            self._outcomes[source] = "names a link that leads nowhere"

    def progressed(self, now: float) -> None:
        """Take in that new bytes have come."""
        self._progress_at = now
        self._tries = 0
        self._rounds = 0
        self._alike = None

    def failed(
        self,
        source: Source,
        verdict: Verdict,
        words: str,
        now: float,
        *,
        retry_after: float | None = None,
        said: str | None = None,
    ) -> None:
        """Take in how a `Fetch` ended that did not bring the whole file.

        `said` is the same for answers that are alike: of the same status, or of the same bytes; None where nothing was
        said that could be the last word.
        """
        self._outcomes[source] = words
        self._said.add(said)
        self._verdicts.add(verdict)
        self._tries += 1
        if verdict not in _AGAIN or self._tries >= _TRIES:
            self._given_up.add(source)
            self._tries = 0
            self._asked_to_wait = max(self._asked_to_wait, retry_after or 0.0)
            return
        pause = max(0.5 * 4.0 ** (self._tries - 1), min(retry_after or 0.0, _LONGEST_PAUSE))
        self._wait = Wait(now + pause, words, _TROUBLES[verdict])

    def _use(self, link: str | None, now: float) -> None:
        self._link, self._link_source, self._link_at = link, Source.FRESH_LINK, now
        self._given_up.discard(Source.FRESH_LINK)
        self._tries = 0

    def _asks_first(self, now: float) -> bool:
        """Whether the link is too old or too near its end to be tried before the gateway was asked again."""
        if self._link is None:
            return False
        ends_at = link_deadline(self._link)
        return now - self._link_at > FRESH_AFTER or (ends_at is not None and ends_at - now < FRESH_BEFORE)

    def _is_usable(self, now: float) -> bool:
        ends_at = None if self._link is None else link_deadline(self._link)
        return ends_at is None or now < ends_at

    def _end_round(self, now: float) -> Wait | GiveUp:
        words = "; ".join(f"{source.value}: {outcome}" for source, outcome in self._outcomes.items())
        trouble = next(
            (name for verdict, name in _TROUBLES.items() if verdict in self._verdicts), DownloadTrouble.REFUSED
        )
        self._rounds += 1
        if self._is_over(now) or self._is_always_alike(now):
            return GiveUp(words, trouble)
        longest = _LONGEST_REFUSED_PAUSE if self._verdicts <= _NO else _LONGEST_PAUSE
        if Verdict.NETWORK in self._verdicts:
            longest = _LONGEST_NETWORK_PAUSE
        pause = min(max(5.0 * 2.0 ** min(self._rounds - 1, 8), self._asked_to_wait), longest)
        self._begin_round()
        self._wait = Wait(now + pause, words, trouble)
        return self._wait

    def _is_over(self, now: float) -> bool:
        """Whether its time is over: past the deadline a no on every rung is the last word at once, trouble is not."""
        if self._patience is not None:
            return now >= self._progress_at + self._patience
        if self._deadline is None:
            return now >= self._progress_at + PATIENCE
        grace = _GRACE_OF_RULE if self._deadline.source is DeadlineSource.RULE else _GRACE
        since = self._deadline.at if self._verdicts <= _NO else max(self._deadline.at, self._progress_at)
        return now >= since + grace

    def _is_always_alike(self, now: float) -> bool:
        """Whether every rung has said the same for so long that it is the last word, before the deadline too."""
        said = None if self._is_ask_failed or len(self._said) != 1 else next(iter(self._said))
        are_bytes = self._verdicts == {Verdict.NO_VIDEO}
        apart, times = _SAME_BYTES if are_bytes else _SAME_CONTENT
        if said is None or (self._link is not None and not are_bytes):
            self._alike = None
        elif said != self._alike:
            self._alike, self._looks, self._looked_at = said, 1, now
        elif now - self._looked_at >= apart:
            self._looks, self._looked_at = self._looks + 1, now
        return self._alike is not None and self._looks >= times
