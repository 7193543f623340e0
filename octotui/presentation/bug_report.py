"""A report on one task for the gateway's owner: Markdown, with nothing in it that is nobody else's business.

Pure, and free of Textual: `octotui show ID --report` prints the same text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from octotui import __version__, prose
from octotui.failed_answer import is_failed, split
from octotui.gateway.routes import task_url
from octotui.model import DeadlineSource, DownloadState, Task
from octotui.presentation.answer_history import change_lines
from octotui.presentation.styled_text import plain
from octotui.presentation.task_record import TaskRecord
from octotui.redaction import answer_without_private, mask_url, without_private
from octotui.sanitize import clean

_MOST = 16 * 1024
"""Characters of each answer: a report must fit into a clipboard and into an issue."""

_SOURCES = {
    DeadlineSource.GATEWAY: "the gateway's own word",
    DeadlineSource.LINK: "the signature of the link",
    DeadlineSource.RULE: "a rule of thumb for the provider",
}


def bug_report(record: TaskRecord, now: float, *, base_url: str, hidden: Sequence[str] = ()) -> str:
    """Return the report as Markdown, times in UTC.

    Keys, signatures, titles, prompts, inputs and local paths are taken out, and every text of `hidden` (the key itself,
    home and download folder).
    """
    task = record.task
    # What a person calls it, and what it was asked for with, are nobody else's business.
    hidden = (*hidden, *(text for text in (task.given_title, task.prompt) if text))
    sections = [
        f"# Report on task {code(task.id)}",
        f"Made by octotui {__version__}, {utc(now)}. Keys, signatures, prompts and local paths are left out.",
        facts_list(_facts(record, base_url, now, hidden)),
        "## Times\n\n" + facts_list(_times(task)),
    ]
    if record.deadlines and not task.has_failed:
        sections.append("## How long the result is kept\n\n" + facts_list(_deadlines(record)))
    if record.attempts:
        lines = (f"{utc(one.at)}  {one.rung}: {one.outcome}" for one in record.attempts)
        sections.append("## Attempts to save the result\n\n" + block(_masked(lines, hidden)))
    if record.events:
        lines = (f"{utc(one.at)}  {one.kind}: {one.text}" for one in record.events)
        sections.append("## What happened\n\n" + block(_masked(lines, hidden)))
    sections += _answers(record, hidden)
    return "\n\n".join(sections) + "\n"


def _facts(record: TaskRecord, base_url: str, now: float, hidden: Sequence[str]) -> Iterator[tuple[str, str]]:
    task = record.task
    yield "task", code(task.id)
    yield "gateway", code(urlsplit(base_url).netloc.rpartition("@")[2])
    try:
        yield "asked with", code(f"GET {mask_url(task_url(base_url, task.route, task.id))}")
    except (KeyError, ValueError):
        yield "route", code(task.route)
    yield "route has answered", "yes" if task.route_confirmed else "no"
    yield "provider", record.label or task.provider
    if task.model:
        yield "model", code(task.model)
    video = ", ".join(part for part in (f"{task.seconds} s" if task.seconds else "", task.size or "") if part)
    if video:
        yield "video", code(video)
    progress = "" if task.progress is None else f", {task.progress}%"
    yield "state", f"{task.shown_state(now)}{progress}"
    if task.status:
        yield "the gateway's word", code(task.status)
    if task.error_message or task.error_code:
        yield (
            "error",
            code(public(f"{task.error_message or ''} ({task.error_code or 'no code'})".strip(), hidden)),
        )
    if task.failure is not None:
        status = f"HTTP {task.failure.status}, " if task.failure.status else ""
        words = f"{status}{task.failure.kind.value}: {task.failure.message}"
        yield (
            "last request failed",
            f"{code(public(words, hidden))}, {task.failures} in a row, {utc(task.failure.at)}",
        )
    if task.result_url:
        yield "link", code(public(task.result_url, hidden))
    yield from _download(task, hidden)


def _download(task: Task, hidden: Sequence[str]) -> Iterator[tuple[str, str]]:
    download = task.download
    if download.state is DownloadState.NONE:
        return
    of = f" of {download.bytes_total:,}" if download.bytes_total else ""
    yield "saving", f"{download.state.value}, {download.bytes_done:,}{of} bytes"
    if download.error:
        yield "trouble with saving", code(public(download.error, hidden))
    if download.sha256:
        yield "SHA-256", code(download.sha256)


def _times(task: Task) -> Iterator[tuple[str, str]]:
    for name, at in (
        ("submitted, by the gateway", task.created_at),
        ("watched since", task.added_at),
        ("seen running", task.running_since),
        ("completed, by the gateway", task.completed_at),
        ("seen final", task.final_seen_at),
        ("last asked", task.last_asked_at),
        ("last answer", task.last_answer_at),
        ("saved", task.download.saved_at),
    ):
        if at is not None:
            yield name, utc(at)
    if task.created_at and task.completed_at and task.completed_at > task.created_at:
        yield "took", prose.duration(task.completed_at - task.created_at)


def _deadlines(record: TaskRecord) -> Iterator[tuple[str, str]]:
    counts = record.task.deadline
    for one in record.deadlines:
        mark = ", which counts" if counts is not None and one.source is counts.source else ""
        yield _SOURCES[one.source], f"{utc(one.at)}{mark}"


def _answers(record: TaskRecord, hidden: Sequence[str]) -> Iterator[str]:
    if record.answer is None:
        yield "## Last answer\n\nNone yet."
        return
    last = answer_lines(record.answer, hidden)
    yield f"## Last answer\n\n{block(last)}"
    if record.previous is not None:
        before = answer_lines(record.previous, hidden)
        if not is_failed(record.answer):
            changes = ["Only what is left out of this report."]
            if before != last:
                changes = [plain(line) for line in change_lines("\n".join(before), "\n".join(last))]
            yield f"## What changed with it\n\n{block(changes)}"
        yield f"## The answer before\n\n{block(before)}"


def answer_lines(raw: str, hidden: Sequence[str]) -> list[str]:
    """An answer as lines, without what is private and cut where it is too long."""
    head, body = split(raw)
    lines = [clean(line, _MOST) for line in answer_without_private(body, hidden).splitlines()]
    lines = [head, *lines] if head else lines
    kept: list[str] = []
    length = 0
    for line in lines:
        length += len(line) + 1
        if length > _MOST:
            return [*kept, f"… {len(lines) - len(kept)} more lines"]
        kept.append(line)
    return kept


def _masked(lines: Iterable[str], hidden: Sequence[str]) -> Iterator[str]:
    return (public(line, hidden) for line in lines)


def public(text: str, hidden: Sequence[str]) -> str:
    """A text in one line, without what is private."""
    return clean(without_private(text, hidden))


def facts_list(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values as a list."""
    return "\n".join(f"- {name}: {value}" for name, value in rows)


def code(text: str) -> str:
    """Text from outside inside a line of Markdown, where nothing in it can be markup."""
    text = clean(text)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    gap = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{gap}{text}{gap}{ticks}"


def block(lines: Iterable[str]) -> str:
    """Text from outside as a block of its own, whose fence is longer than any in it."""
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def utc(at: float) -> str:
    """A time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))
