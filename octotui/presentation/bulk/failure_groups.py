"""Failures grouped by reason: numbers, ids and links in a reason are what differs, and split no group. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from octotui import units
from octotui.failure_reason import NO_REASON, normalized
from octotui.model import DownloadState, Task, TaskState
from octotui.presentation.styled_text import ELLIPSIS, Role, Span, StyledLine, fit, fit_right, wrap
from octotui.sanitize import clean

_LEAST_PIECE = 3
"""Characters of a part of a reason that a filter looks for."""


class Kind(StrEnum):
    """What failed."""

    TASK = "failed"
    SAVING = "not saved"
    ASKING = "not answered"


@dataclass(slots=True)
class FailureGroup:
    """Tasks that failed for the same reason."""

    kind: Kind
    reason: str
    """As the newest of them has it, `…` where others differ."""
    tasks: list[Task] = field(default_factory=list)
    """The newest first."""
    newest: float = 0.0
    """When the last of them failed, unix seconds."""

    @property
    def providers(self) -> Counter[str]:
        """How many there are of each provider."""
        return Counter(task.provider for task in self.tasks)

    @property
    def models(self) -> Counter[str]:
        """How many there are of each model, as far as it is known."""
        return Counter(task.model for task in self.tasks if task.model)


def reason_of(task: Task) -> tuple[Kind, str, float] | None:
    """What failed of a task, why in words, and when (unix seconds); None where nothing did."""
    seen = task.final_seen_at or task.last_answer_at or task.added_at
    if task.state is TaskState.FAILED:
        return Kind.TASK, task.error_message or task.error_code or NO_REASON, task.completed_at or seen
    if task.download.state is DownloadState.FAILED:
        return Kind.SAVING, task.download.error or NO_REASON, seen
    if task.failure is not None:
        status = f"HTTP {task.failure.status}: " if task.failure.status else ""
        return Kind.ASKING, f"{status}{task.failure.message}", task.failure.at
    return None


def failure_groups(tasks: Iterable[Task], *, newest_first: bool = False) -> list[FailureGroup]:
    """Group the failures among `tasks`: the largest group first, or the one with the newest failure."""
    groups: dict[tuple[Kind, str], FailureGroup] = {}
    times: dict[str, float] = {}
    for task in tasks:
        found = reason_of(task)
        if found is None:
            continue
        kind, reason, at = found
        words = normalized(reason)
        group = groups.setdefault((kind, words.casefold()), FailureGroup(kind, words))
        group.tasks.append(task)
        times[task.id] = at
        if at > group.newest:
            group.newest, group.reason = at, words
    for group in groups.values():
        group.tasks.sort(key=lambda task: -times[task.id])
    by_size = sorted(groups.values(), key=lambda group: (-len(group.tasks), -group.newest))
    return sorted(by_size, key=lambda group: -group.newest) if newest_first else by_size


def filter_of(group: FailureGroup) -> str:
    """A filter that shows the tasks of a group: every part of the reason that is the same in all of them.

    Where nothing is, it is the reason of the newest; where there is none either, all that failed.
    """
    # The status of an answer is no part of the message that is kept.
    reason = re.sub(r"^HTTP \d+: ", "", group.reason) if group.kind is Kind.ASKING else group.reason
    terms = _terms(re.split(rf'[{ELLIPSIS},"]', reason))
    if group.reason == NO_REASON:
        terms = []
    elif not terms:
        failure = group.tasks[0].failure
        found = reason_of(group.tasks[0])
        own = failure.message if group.kind is Kind.ASKING and failure is not None else found[1] if found else ""
        terms = _terms(re.split(r'[,"]', own), least=1)
    return " ".join(["state:failed" if group.kind is Kind.TASK else "!state:failed", *terms])


def _terms(pieces: Iterable[str], least: int = _LEAST_PIECE) -> list[str]:
    return [f'error:"{piece.strip()}"' for piece in pieces if len(piece.strip()) >= least]


def group_lines(
    groups: Sequence[FailureGroup], selected: int, now: float, width: int, label_of: Callable[[str], str]
) -> list[StyledLine]:
    """A line a reason in `width` cells, the one that is `selected` with a mark; `label_of` names a provider."""
    whose = min(30, max(14, (width - 60) // 2)) if width >= 60 else 0
    models = min(44, max(0, width - 60 - whose - 10))
    when = 9 if width >= 60 else 0
    what = 13 if width >= 80 else 0
    room = max(10, width - 8 - whose - models - when - what)
    lines: list[StyledLine] = []
    for number, group in enumerate(groups):
        is_selected = number == selected
        spans: list[Span] = [
            ("▸ " if is_selected else "  ", Role.KEY),
            (fit_right(f"{len(group.tasks):,}", 4), Role.STRONG),
            ("  ", Role.TEXT),
        ]
        if what:
            spans.append((fit(group.kind.value, what), Role.DIM))
        spans.append((fit(group.reason, room - 1) + " ", Role.STRONG if is_selected else Role.TEXT))
        if whose:
            named = Counter({label_of(name): count for name, count in group.providers.items()})
            spans.append((fit(tally_words(named, whose - 1), whose), Role.DIM))
        if models:
            spans.append((fit(tally_words(group.models, models - 1), models), Role.DIM))
        if when:
            spans.append((fit_right(units.ago(now - group.newest), when - 1), Role.DIM))
        lines.append(tuple(spans))
    return lines


def tally_words(counts: Counter[str], width: int) -> str:
    """`Sora 10, Grok 2`, the most first; what has no room goes as `+3`."""
    parts = [f"{clean(name)} {count:,}" for name, count in counts.most_common()]
    for kept in range(len(parts), 0, -1):
        rest = f" +{len(parts) - kept}" if kept < len(parts) else ""
        words = ", ".join(parts[:kept]) + rest
        if len(words) <= width or kept == 1:
            return words
    return ""


def detail_of(group: FailureGroup, width: int, label_of: Callable[[str], str]) -> list[StyledLine]:
    """A group in full: its reason, and its counts by provider and model."""
    named = Counter({label_of(name): count for name, count in group.providers.items()})
    rows: list[StyledLine] = [((f"{group.kind.value}: ", Role.DIM), (group.reason, Role.BAD))]
    rows.append((("providers  ", Role.DIM), (tally_words(named, 10_000), Role.TEXT)))
    if group.models:
        rows.append((("models     ", Role.DIM), (tally_words(group.models, 10_000), Role.TEXT)))
    return [part for row in rows for part in wrap(row, width, 11)]
