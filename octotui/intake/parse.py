"""Paste anything: finds the tasks that a text speaks of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from octotui.gateway.providers import Provider
from octotui.intake import json_text, plain_text
from octotui.intake.provider_choice import decided
from octotui.intake.reference import Reference
from octotui.intake.result import Intake
from octotui.sanitize import clean

MAX_TEXT = 8 * 1024 * 1024
"""Characters of one paste that are read; what comes after them is left out, and said so."""
MAX_LINES = 100_000
"""The same in lines."""

_LONG_TRIES = 20
"""How often JSON that spans lines may turn out to be none before single lines are tried: hostile text stays linear."""
_PER_LINE = 20
_JSON_START = re.compile(r"\{[ \t]*(?:[\"}]|$)|\[[ \t]*(?:[\"{\[]|$)")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n\n+")
_DECODER = json.JSONDecoder()


def read(
    text: str,
    providers: Sequence[Provider],
    *,
    provider: str | None = None,
    route: str | None = None,
    tags: Iterable[str] = (),
) -> Intake:
    """Find the tasks in any text: ids, create answers, JSON lines, curl lines, URLs, log chunks. Never raises.

    `provider` (a name among `providers`) and `route`, where given, hold for all of them.
    """
    reader = _Reader(providers, Intake(was_cut=len(text) > MAX_TEXT))
    references = reader.references(_prepared(text[:MAX_TEXT]))
    return decided(references, providers, reader.intake, provider=provider, route=route, tags=tags)


def _prepared(text: str) -> str:
    """Return the text without colours and invisible marks, control characters blanked: no id can hold any of them."""
    text = _INVISIBLE.sub("", _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return _CONTROL.sub(" ", text)


class _Reader:
    """One reading of a text; counts in `intake` what says nothing."""

    def __init__(self, providers: Sequence[Provider], intake: Intake) -> None:
        self.intake = intake
        self._providers = providers
        self._long_tries = 0
        self._among_ids = False

    def references(self, text: str) -> Iterator[Reference]:
        """Yield every mention of a task, in the order of the text; `text` comes from `_prepared`."""
        whole = text.strip()
        value, after = _decoded(whole, 0) if whole[:1] in {"{", "["} else (None, 0)
        if after and after == len(whole):
            found = self._of_json(value, is_whole_text=True)
            if not found:
                self._ignore(whole)
            yield from found
            return
        text = _BLANK_LINES.sub("\n", text.replace("\\\n", "  "))
        self._among_ids = plain_text.is_nothing_but_ids(text, self._providers)
        position = lines = 0
        while position < len(text):
            lines += 1
            if lines > MAX_LINES:
                self.intake.was_cut = True
                return
            found, position = self._of_line(text, position)
            yield from found

    def _of_line(self, text: str, start: int) -> tuple[list[Reference], int]:
        """Read the line that begins at `start`, with any JSON in it to its end; returns where the next line begins."""
        begun, end = start, _line_end(text, start)
        found: list[Reference] = []
        beside: list[str] = []
        for _ in range(_PER_LINE):
            match = _JSON_START.search(text, start, end)
            if match is None:
                break
            value, after = self._json_at(text, match.start(), end)
            if after:
                beside.append(text[start : match.start()])
                start, end = after, max(end, _line_end(text, after))
                is_whole_line = not any(map(str.strip, beside)) and not text[after:end].strip()
                found.extend(self._of_json(value, is_whole_text=is_whole_line))
            else:
                beside.append(text[start : match.end()])
                start = match.end()
        line = " ".join([*beside, text[start:end]])
        if found:
            # What stands beside an answer is its request: it tells route and model; other ids in it are no tasks.
            model = plain_text.named_model(text[begun:end])
            found = [replace(reference, model=reference.model or model) for reference in found]
            found.extend(plain_text.from_urls(line))
        else:
            found = plain_text.references(line, self._providers, among_ids=self._among_ids)
            if not found and line.strip():
                self._ignore(line)
            self.intake.left_over += plain_text.left_over(line, found, self._providers) if found else ()
        return found, end + 1

    def _json_at(self, text: str, start: int, end: int) -> tuple[object, int]:
        """Return the JSON value that begins at `start` and where it ends (0: there is none)."""
        if self._long_tries < _LONG_TRIES:
            value, after = _decoded(text, start)
            self._long_tries += not after
            return value, after
        value, after = _decoded(text[start:end], 0)
        return value, after and start + after

    def _of_json(self, value: object, *, is_whole_text: bool) -> list[Reference]:
        return list(json_text.references(value, is_whole_text=is_whole_text)) or [
            reference
            for line in json_text.texts(value)
            for reference in plain_text.references(_prepared(line), self._providers)
        ]

    def _ignore(self, written: str) -> None:
        self.intake.ignored += 1
        if len(self.intake.ignored_examples) < 3:
            self.intake.ignored_examples.append(clean(" ".join(written[:400].split()), 60))


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _decoded(text: str, start: int) -> tuple[object, int]:
    """Return the JSON value that begins at `start` and where it ends (0: there is none)."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, 0
