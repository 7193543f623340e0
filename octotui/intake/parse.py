"""Paste anything: finds the tasks that a text speaks of."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from octotui.gateway.providers import Provider, infer
from octotui.intake import json_text, plain_text
from octotui.intake.cleaning.text import MAX_TEXT, prepared, visible_only
from octotui.intake.id_shapes import is_uuid, standing_alone
from octotui.intake.labels import ID_LABELS, label_of
from octotui.intake.models import Surroundings, is_model, named_in_column, word_of_provider
from octotui.intake.outline import is_item, is_pair, of_lines
from octotui.intake.pairs import MAX_CHUNK, read_pairs, unescaped
from octotui.intake.paths import from_urls
from octotui.intake.provider_choice import decided
from octotui.intake.reference import NO_FACTS, Facts, Reference
from octotui.intake.result import Intake
from octotui.intake.shortened import without_shortened
from octotui.intake.statements import read_statement
from octotui.intake.tables import label_alone, read_table
from octotui.sanitize import clean

__all__ = ["MAX_TEXT", "read"]

MAX_LINES = 100_000
"""Lines of one paste that are read."""
_LONG_TRIES = 20
"""How often JSON that spans lines may turn out to be none before single lines are tried: hostile text stays linear."""
_PER_LINE = 20
_LONGEST_LINE = 64 * 1024
"""Characters: a line longer than that is read for ids, and not for names and values."""
_NEAR = 60
"""Lines for which a request that named a model waits for the answer that names the task."""
_LARGEST_BLOCK = 500
"""Tasks of one block of lines that wait for its end."""
_JSON_START = re.compile(r"\{[ \t]*(?:[\"}]|$)|\[[ \t]*(?:[\"{\[]|$)")
_CAN_SPEAK = re.compile(r"[:=|│┃║,;\t({\[]|  ")
_IS_REPR = re.compile(r"\s*(?:[{\[]|[A-Za-z]\w{0,40}\()")
_GOES_ON = re.compile(r"[:=({\[\"']")
_CAN_NAME = re.compile(r"[:=(]")
_CAN_BE_HEADING = re.compile(
    r"id\b|uuid|task|video|job|generation|prediction|auftrag|aufgabe|tarea|tarefa|\d|[^\x00-\u024f]|t.che",
    re.IGNORECASE,
)
_OPENS = re.compile(r"[{(\[,][ \t]*\Z")
_BEFORE_LIST = re.compile(r"[\w\"'\]][ \t]*(?:=>?|:)?[ \t]*\(?[ \t]*\Z")
_DECODER = json.JSONDecoder()


def read(
    text: str,
    providers: Sequence[Provider],
    *,
    provider: str | None = None,
    route: str | None = None,
    tags: Iterable[str] = (),
) -> Intake:
    """Find the tasks in any text: create answers, tables, logs, reprs, transcripts, URLs, lists of ids. Never raises.

    `provider` (a name among `providers`) and `route`, where given, hold for all of them.
    """
    intake = Intake(was_cut=len(text) > MAX_TEXT)
    text = text[:MAX_TEXT]
    shown, intake.shortened = without_shortened(prepared(text))
    reader = _Reader(providers, intake)
    found = _then_alone(reader.references(shown), text, providers)
    return decided(found, providers, intake, provider=provider, route=route, tags=tags)


def _then_alone(references: Iterator[Reference], text: str, providers: Sequence[Provider]) -> Iterator[Reference]:
    """Yield the references, then every id that stands alone between blanks and was not among them."""
    seen: set[str] = set()
    for reference in references:
        seen.add(reference.id)
        yield reference
    # A narrow table or terminal folds an id into lines: its beginning is none.
    folded: list[str] = []
    for task_id in standing_alone(visible_only(text), seen):
        folded = folded or sorted(seen)
        at = bisect_left(folded, task_id)
        prefix, _, core = task_id.rpartition(":")
        if prefix and is_uuid(core) and infer(providers, task_id, prefix) is None:
            continue  # `UID:05c8…`
        if at == len(folded) or not folded[at].startswith(task_id):
            seen.add(task_id)
            yield Reference(task_id, "log")


class _Reader:
    """One reading of a text; counts in `intake` what says nothing."""

    def __init__(self, providers: Sequence[Provider], intake: Intake) -> None:
        self.intake = intake
        self._providers = providers
        self._around = Surroundings(providers)
        self._long_tries = 0
        self._chunk_tries = 0
        self._among_ids = self._is_list = False
        self._asked = NO_FACTS
        self._asked_at = 0
        self._line = 0

    def references(self, text: str) -> Iterator[Reference]:
        """Yield every mention of a task, in the order of the text; `text` comes from `prepared`."""
        whole = text.strip()
        value, after = _decoded(whole, 0) if whole[:1] in {"{", "["} else (None, 0)
        if after and after == len(whole):
            found = self._of_tree(value, is_whole_text=True)
            if not found:
                self._ignore(whole)
            yield from found
            return
        text = text.replace("\\\n", "  ")
        self._among_ids = plain_text.is_nothing_but_ids(text, self._providers)
        lines = text.split("\n", MAX_LINES)
        if len(lines) > MAX_LINES:
            self.intake.was_cut = True
            del lines[MAX_LINES:]
        self._is_list = plain_text.is_list(lines, self._providers)
        starts = _starts(lines)
        self._line = begun = 0
        block: list[Reference] = []
        while self._line < len(lines):
            if not lines[self._line].strip():
                yield from self._around.told(block, lines[begun : self._line])
                self._line += 1
                begun, block = self._line, []
                continue
            at = self._line
            found = self._of_block(text, lines, starts)
            block += self._around.headed(self._around.noted(found, lines[at : self._line]))
            if len(block) > _LARGEST_BLOCK:
                yield from block
                begun, block = self._line, []
        yield from self._around.told(block, lines[begun:])

    def _of_block(self, text: str, lines: list[str], starts: list[int]) -> list[Reference]:
        """Read what begins at the line we are at: a table, lines of names and values, a bracketed value, one line."""
        at = self._line
        line = lines[at]
        if self._around.is_heading(line, lines[at + 1] if at + 1 < len(lines) else ""):
            self._line += 1
            return []
        may_speak = _CAN_SPEAK.search(line) is not None or label_alone(line) is not None
        if len(line) <= _LONGEST_LINE and may_speak:
            if _CAN_BE_HEADING.search(line) or label_alone(line) is not None or self._around.names_provider(line):
                for reads in (read_statement, read_table):
                    records, after = reads(lines, at, self._is_model)
                    if after > at:
                        self._line = after
                        found = self._of_tree(records)
                        if not found:
                            self._ignore(line)
                        return found
            end = _end_of_pairs(lines, at)
            if end > at and not (end == at + 1 and _JSON_START.search(line)):
                self._line = end
                return self._of_pairs(lines[at:end])
        found, position = self._of_line(text, starts[at], line)
        self._line = bisect_left(starts, position) if position > starts[at] else at + 1
        return found

    def _of_pairs(self, lines: list[str]) -> list[Reference]:
        found = self._of_tree(of_lines(lines))
        if not found:
            for line in lines:
                found += self._plain(line)
        elif len(lines) == 1:
            return self._with_model_of(lines[0], found)
        return found

    def _of_line(self, text: str, start: int, line: str) -> tuple[list[Reference], int]:
        """Read a line with any JSON in it to its end; returns where the next line begins."""
        begun, end = start, start + len(line)
        found: list[Reference] = []
        beside: list[str] = []
        is_json = False
        for _ in range(_PER_LINE):
            match = _JSON_START.search(text, start, end)
            if match is None:
                break
            value, after = self._json_at(text, match.start(), end)
            if after:
                before = text[start : match.start()]
                end = max(end, _line_end(text, after))
                is_whole_line = not before.strip() and not any(map(str.strip, beside)) and not text[after:end].strip()
                # A list of strings is read with the name before it.
                is_list = _BEFORE_LIST.search(before[-20:]) is not None and _is_list_of_strings(value)
                named = [] if is_list else self._of_tree(value, is_whole_text=is_whole_line)
                is_json = is_json or not is_list
                beside.append(text[start:after] if is_list else before)
                start = after
                found.extend(named)
            else:
                beside.append(text[start : match.end()])
                start = match.end()
        if found:
            # What stands beside an answer is its request: it tells route and model; other ids in it are no tasks.
            rest = " ".join([*beside, text[start:end]])
            model = plain_text.named_model(text[begun:end])
            return [*(each.with_facts(Facts(model=model)) for each in found), *from_urls(rest)], end + 1
        opens = _OPENS.search(line) is not None and _GOES_ON.search(line) is not None
        if not is_json and opens and self._chunk_tries < _LONG_TRIES:
            tree, after, is_closed = read_pairs(text, begun, min(len(text), begun + MAX_CHUNK), to_close=True)
            found = self._of_tree(tree)
            self._chunk_tries += not found
            if found or is_closed:
                # What is in brackets and names no task can still hold the URL of one.
                return found or from_urls(text[begun:after]), max(after, end + 1)
        line = " ".join([*beside, text[start:end]]) if is_json else text[begun:end].replace("\n", " ")
        return self._of_words(line), end + 1

    def _of_words(self, line: str) -> list[Reference]:
        """Read one line of names, values and words."""
        if len(line) > _LONGEST_LINE or self._is_list or _CAN_NAME.search(line) is None:
            words = self._plain(line)
            if words and not self._is_list and " " in line.strip():
                self.intake.left_over += plain_text.left_over(line, words, self._providers)
            return self._answering(self._with_model_of(line, words) if words else [], NO_FACTS)
        readable = unescaped(line)
        tree, _, _ = read_pairs(readable, 0, len(readable))
        found, facts = json_text.references(tree, self._providers, self._texts, is_whole_text=False)
        known = {each.id for each in found}
        has_weak_only = all(each.is_weak for each in found)
        known |= json_text.ids_of_others(tree, has_task=bool(found))
        words = [each for each in self._plain(line, counts=not found) if each.id not in known]
        if has_weak_only and not words:
            # A `request_id` among the words of a log is a task's only where the log is about work.
            found = [each for each in found if plain_text.is_about_work(line, each.id)]
        found = [*found, *(each.with_facts(facts.of_many if len(words) > 1 else facts) for each in words)]
        if found:
            self.intake.left_over += plain_text.left_over(line, found, self._providers)
            found = self._with_model_of(line, found)
        return self._answering(found, facts)

    def _with_model_of(self, line: str, found: list[Reference]) -> list[Reference]:
        """Give the only model that a line names to its tasks, where nothing nearer to them names one."""
        model = None if any(each.model for each in found) else plain_text.model_of(line, self._providers)
        if model is not None:
            return [each.with_facts(Facts(model=model)) for each in found]
        word = word_of_provider(line, self._providers) if any(each.facts.provider is None for each in found) else None
        return self._around.given(found, Facts(provider=word))

    def _plain(self, line: str, *, counts: bool = True) -> list[Reference]:
        found = plain_text.references(line, self._providers, among_ids=self._among_ids, uuids_stand_alone=self._is_list)
        if not found and counts and line.strip():
            self._ignore(line)
        return found

    def _json_at(self, text: str, start: int, end: int) -> tuple[object, int]:
        """Return the JSON value that begins at `start` and where it ends (0: there is none)."""
        if self._long_tries < _LONG_TRIES:
            value, after = _decoded(text, start)
            self._long_tries += not after
            return value, after
        value, after = _decoded(text[start:end], 0)
        return value, after and start + after

    def _of_tree(self, value: object, *, is_whole_text: bool = False) -> list[Reference]:
        found, facts = json_text.references(value, self._providers, self._texts, is_whole_text=is_whole_text)
        return self._answering(found, facts)

    def _answering(self, found: list[Reference], facts: Facts) -> list[Reference]:
        """Give what a request said (model, prompt) to the answer after it, which names the task."""
        if not found:
            if facts.model or facts.prompt:
                self._asked, self._asked_at = facts, self._line
            return found
        asked, self._asked = self._asked, NO_FACTS
        if asked is NO_FACTS or self._line - self._asked_at > _NEAR or any(each.model for each in found):
            return found
        return [each.with_facts(asked if len(found) == 1 else asked.of_many) for each in found]

    def _texts(self, text: str) -> list[Reference]:
        """Read a string inside a tree: a message, what a cell printed."""
        text = prepared(text)
        if "\n" not in text.strip() and _IS_REPR.match(text) is None:
            found = plain_text.references(text, self._providers) if len(text) <= _LONGEST_LINE else []
            return [replace(each, source="log") if each.source == "id" else each for each in found]
        return list(_Reader(self._providers, Intake()).references(text))

    def _is_model(self, word: str) -> bool:
        return is_model(word, self._providers) or named_in_column(word, self._providers) is not None

    def _ignore(self, written: str) -> None:
        self.intake.ignored += 1
        if len(self.intake.ignored_examples) < 3:
            self.intake.ignored_examples.append(clean(" ".join(written[:400].split()), 60))


def _end_of_pairs(lines: list[str], at: int) -> int:
    """Return the line after the names and values, one a line, that begin at a line; `at` where there are none."""
    end = at
    while end < len(lines) and len(lines[end]) <= _LONGEST_LINE:
        line = lines[end]
        if not (is_pair(line) or (end > at and is_item(line))):
            break
        end += 1
    while end > at and _OPENS.search(lines[end - 1]) is not None and lines[end - 1].rstrip()[-1] != ",":
        end -= 1
    if end == at + 1 and label_of(lines[at].split(":")[0].strip(" \"'-")) not in ID_LABELS:
        return at
    return end


def _is_list_of_strings(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _starts(lines: list[str]) -> list[int]:
    starts: list[int] = []
    position = 0
    for line in lines:
        starts.append(position)
        position += len(line) + 1
    return starts


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _decoded(text: str, start: int) -> tuple[object, int]:
    """Return the JSON value that begins at `start` and where it ends (0: there is none)."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, 0
