"""Back-off from a storage that cannot be used: for ever, at bounded intervals, and told once."""

from __future__ import annotations

_SHORTEST_PAUSE = 5.0
"""Seconds until the storage is tried again after trouble; doubled each time, up to the longest."""
_LONGEST_PAUSE = 300.0


class Backoff:
    """What keeps everything from being delivered, and until when. Times are of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.words = ""
        """Empty where nothing does."""
        self._is_refused = False
        self._count = 0
        self._until = 0.0

    @property
    def is_trying(self) -> bool:
        """Whether there was trouble that may still hold: one result is tried alone, the others wait for that."""
        return self._count > 0

    def is_over(self, mark: float) -> bool:
        """Whether anything may be tried at `mark`."""
        return mark >= self._until

    def hold(self, words: str, mark: float, *, is_refused: bool) -> bool:
        """Wait after trouble met at `mark`; returns whether that is news.

        It is the first time, and once more where somebody now has to change something before it passes.
        """
        is_news = not self.words or (is_refused and not self._is_refused)
        if mark >= self._until:  # of several at once the first counts
            self._until = mark + min(_SHORTEST_PAUSE * 2.0**self._count, _LONGEST_PAUSE)
            self._count = min(self._count + 1, 10)
        self.words, self._is_refused = words, is_refused
        return is_news

    def end(self) -> bool:
        """Note that the storage works; returns whether that is news."""
        was_trouble = bool(self.words)
        self.words, self._is_refused, self._count, self._until = "", False, 0, 0.0
        return was_trouble
