"""Everything known about one task, as lines: facts, time line, download attempts and the last answer, masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from octotui import prose, units
from octotui.estimates import Expectation
from octotui.failed_answer import is_failed
from octotui.gateway.parsing.task_answer import links_beside
from octotui.model import Deadline, DeadlineSource, DownloadState, Task, TaskState
from octotui.presentation.answer_history import answer_lines, change_lines
from octotui.presentation.boxes.whereabouts import file_words, way_here
from octotui.presentation.charts.stages import stage_lines
from octotui.presentation.highlight import mark_found
from octotui.presentation.styled_text import Role, Span, StyledLine, cut, fit, wrap
from octotui.presentation.task_row import GLYPH_ROLES, GLYPHS, WORD_ROLES, shown_word, urgency
from octotui.redaction import mask_url

if TYPE_CHECKING:
    from octotui.ledger import Attempt
    from octotui.presentation.task_record import TaskRecord

LABEL = 11
"""Cells of a fact's name."""
_BESIDE_FROM = 96
"""Cells from which the time line stands beside the facts."""

_SOURCES = {
    DeadlineSource.GATEWAY: "says the gateway",
    DeadlineSource.LINK: "says the link's signature",
    DeadlineSource.RULE: "a rule of thumb for this provider",
}


def fact_lines(record: TaskRecord, now: float) -> list[StyledLine]:
    """What holds now."""
    task = record.task
    word = shown_word(task, now)
    facts: list[StyledLine] = [_fact("id", (task.id, Role.STRONG))]
    state: list[Span] = [(f"{GLYPHS[word]} ", GLYPH_ROLES[word]), (word, WORD_ROLES[word])]
    if task.progress is not None and not task.state.is_final:
        state.append((f"  {task.progress}%", Role.TEXT))
    if task.status and task.status.casefold() != word:
        state.append((f"  the gateway says “{task.status}”", Role.DIM))
    if task.title:
        facts.append(_fact("title", (task.title, Role.STRONG)))
    facts.append(_fact("state", *state))
    facts += _expected_facts(record.expected, now)
    if task.error_message or task.error_code:
        code = f"  ({task.error_code})" if task.error_code and task.error_message else ""
        facts.append(_fact("error", (f"{task.error_message or task.error_code}{code}", Role.BAD)))
    facts.append(_fact("provider", (f"{record.label or task.provider}", Role.TEXT), *_route(task)))
    video = "  ".join(part for part in (task.model, f"{task.seconds} s" if task.seconds else "", task.size) if part)
    if video:
        facts.append(_fact("video", (video, Role.TEXT)))
    facts += _deadline_facts(record, now)
    if task.result_url:
        facts.append(_fact("link", (mask_url(task.result_url), Role.TEXT)))
    others, picture = links_beside(record.good_answer, "") if record.good_answer else ((), None)
    facts += [_fact(f"result {number}", (mask_url(url), Role.TEXT)) for number, url in enumerate(others, start=2)]
    if picture:
        facts.append(_fact("picture", (mask_url(picture), Role.TEXT)))
    facts += _download_facts(record)
    facts += _asking_facts(task, now)
    if task.tags:
        facts.append(_fact("tags", ("  ".join(task.tags), Role.TEXT)))
    return facts


def _fact(name: str, *spans: Span) -> StyledLine:
    return (fit(name, LABEL), Role.DIM), *spans


def _expected_facts(expected: Expectation | None, now: float) -> list[StyledLine]:
    """When it should be done, and by when almost surely."""
    if expected is None:
        return []
    median, most = (units.estimate(seconds) for seconds in expected.remaining(now))
    words: list[Span] = [(f"{median} to go", Role.TEXT), (f"  nine in ten are done in {most}", Role.DIM)]
    pace = expected.pace(now)
    if pace:
        words = [(pace, Role.WARN), ("  19 of 20 like it took less", Role.DIM)]
    return [_fact("expected", *words)]


def _route(task: Task) -> list[Span]:
    note = "" if task.route_confirmed else ", not confirmed yet"
    return [(f"  asked on {task.route}{note}", Role.DIM)]


def _deadline_facts(record: TaskRecord, now: float) -> list[StyledLine]:
    """Every deadline with its source and its time; the one that counts comes first and has a mark beside others."""
    task = record.task
    if task.has_failed:
        return []  # there is no result to lose
    if task.deadline is None:
        return [_fact("lost", ("nobody says when", Role.WARN))] if task.is_ready else []
    others = [one for one in record.deadlines if one.source is not task.deadline.source]
    marked = bool(others)
    lines: list[StyledLine] = []
    for one in (task.deadline, *sorted(others, key=lambda other: other.at)):
        counts = one is task.deadline
        name = ("link ends" if task.is_saved else "lost") if counts else ""
        mark: list[Span] = [("▸ " if counts else "  ", Role.KEY)] if marked else []
        left = int(one.at) - int(now)
        role = urgency(left) if counts and left > 0 and not task.is_saved else Role.DIM
        if counts and left <= 0 and not task.is_saved:
            role = Role.BAD
        lines.append(_fact(name, *mark, (_time_left(one, left), role), (_source(record, one), Role.DIM)))
    return lines


def _time_left(deadline: Deadline, left: int) -> str:
    if left <= 0:
        return prose.ago(-left)
    return f"in {'about ' if deadline.source is DeadlineSource.RULE else ''}{prose.time_left(left)}"


def _source(record: TaskRecord, deadline: Deadline) -> str:
    says = _SOURCES[deadline.source]
    if deadline.source is DeadlineSource.RULE and record.retention:
        says = f"{says}, {prose.duration(record.retention)}"
    return f"  {units.date_time(deadline.at)}, {says}"


def _download_facts(record: TaskRecord) -> list[StyledLine]:
    task, download = record.task, record.task.download
    if download.state is DownloadState.NONE:
        return []
    if download.state is DownloadState.SAVED:
        places = (("saved", task.download.file and file_words(task, record.fleet)), ("delivered", task.delivered))
        lines = [_fact(name, (place, Role.GOOD)) for name, place in places if place]
        lines = lines or [_fact("saved", ("its file is known to be gone", Role.WARN))]
        lines.append(_fact("", (prose.size(download.bytes_total or download.bytes_done), Role.TEXT)))
        way = way_here(task, record.fleet)
        if way is not None:
            lines.append(_fact("bring it", (way, Role.TEXT)))
        if download.sha256:
            lines.append(_fact("sha256", (download.sha256, Role.DIM)))
        return lines
    of = f" of {prose.size(download.bytes_total)}" if download.bytes_total else ""
    rate = f"  {units.speed(download.speed)}" if download.speed else ""
    words = {DownloadState.WANTED: "waiting", DownloadState.RUNNING: "running", DownloadState.FAILED: "gave up"}
    state = "paused" if download.paused else words[download.state]
    amount = f"  {prose.size(download.bytes_done)}{of}" if download.bytes_done else ""
    host = record.fleet.elsewhere(download)
    where = f" on {host}" if host is not None and download.state is DownloadState.RUNNING else ""
    lines = [_fact("saving", (f"{state}{where}{amount}{rate}", Role.TEXT))]
    if record.waits_for and not download.error:
        lines.append(_fact("", (record.waits_for, Role.DIM)))
    if download.error:
        lines.append(_fact("", (download.error, Role.BAD)))
    return lines


def _asking_facts(task: Task, now: float) -> list[StyledLine]:
    lines: list[StyledLine] = []
    if task.last_answer_at is not None:
        lines.append(_fact("answered", (prose.ago(now - task.last_answer_at), Role.TEXT)))
    else:
        lines.append(_fact("answered", ("never", Role.DIM)))
    if task.failure is not None:
        status = f"HTTP {task.failure.status}, " if task.failure.status else ""
        times = f", {task.failures} times in a row" if task.failures > 1 else ""
        text = f"{status}{task.failure.message}{times}, last {prose.ago(now - task.failure.at)}"
        lines.append(_fact("trouble", (text, Role.WARN)))
    return lines


def time_lines(task: Task, now: float) -> list[StyledLine]:
    """What happened when, in order, with the time between."""
    moments: list[tuple[float, str, Role]] = []
    for at, text, role in (
        (task.created_at, "submitted", Role.TEXT),
        (task.added_at, "watched since", Role.TEXT),
        (task.running_since, "seen running", Role.TEXT),
        (task.completed_at, "completed", Role.GOOD),
        (task.final_seen_at, f"seen {_final_word(task)}", Role.TEXT),
        (task.download.saved_at, "saved", Role.GOOD),
        (task.deadline.at if task.deadline and task.is_expired(now) else None, "lost", Role.BAD),
    ):
        if at is not None:
            moments.append((at, text, role))
    moments.sort(key=lambda moment: moment[0])
    lines: list[StyledLine] = []
    for number, (at, text, role) in enumerate(moments):
        gap = f"  +{units.exact(at - moments[number - 1][0])}" if number else ""
        lines.append(((f"{units.moment(at, now)}  ", Role.DIM), (text, role), (gap, Role.DIM)))
    return lines


def _final_word(task: Task) -> str:
    return {TaskState.COMPLETED: "completed", TaskState.CANCELLED: "cancelled"}.get(task.state, "failed")


def attempt_lines(attempts: Sequence[Attempt], now: float) -> list[StyledLine]:
    """The download attempts, newest last."""
    return [
        ((f"{units.moment(one.at, now)}  ", Role.DIM), (fit(one.rung, 11), Role.TEXT), (one.outcome, Role.DIM))
        for one in attempts
    ]


def detail_lines(
    record: TaskRecord, now: float, width: int, *, unfolded: bool, hint: str = "space unfolds", wanted: str = ""
) -> list[StyledLine]:
    """All of it in `width` cells: side by side where there is room; `hint` says how to see all of the answer.

    Whatever matches `wanted` is marked.
    """

    def marked(lines: Sequence[StyledLine]) -> list[StyledLine]:
        return [mark_found(line, wanted) for line in lines] if wanted else list(lines)

    facts = marked(fact_lines(record, now))
    bar_width = width if width < _BESIDE_FROM else width - width * 3 // 5 - 3
    bar = stage_lines(record.task, record.events, now, bar_width, record.expected)
    right: list[StyledLine] = [_title("Time line"), *bar, *([()] if bar else []), *time_lines(record.task, now)]
    if record.attempts:
        right += [(), _title("Attempts to save it"), *attempt_lines(record.attempts[-8:], now)]
    right = marked(right)
    if width >= _BESIDE_FROM:
        lines = _beside(facts, right, width)
    else:
        lines = [part for line in facts for part in wrap(line, width, LABEL)]
        lines += [(), *(part for line in right for part in wrap(line, width, 10))]
    if record.events:
        lines += [(), _title("Log")]
        happened: list[StyledLine] = [
            ((f"{units.moment(event.at, now)}  ", Role.DIM), (event.text, Role.TEXT)) for event in record.events[-6:]
        ]
        lines += [part for line in marked(happened) for part in wrap(line, width, 10)]
    changes = change_lines(record.previous, record.answer)
    if changes:
        lines += [(), _title("What changed in it last")]
        lines += [part for line in marked(changes) for part in wrap(line, width, 2)]
    lines += [(), _title("Last answer")]
    for line in marked(answer_lines(record.answer, unfolded=unfolded, hint=hint)):
        lines += wrap(line, width, 2)
    if record.answer is not None and is_failed(record.answer) and record.previous is not None:
        lines += [(), _title("The answer before")]
        for line in marked(answer_lines(record.previous, unfolded=unfolded, hint=hint)):
            lines += wrap(line, width, 2)
    return lines


def _title(text: str) -> StyledLine:
    return ((text, Role.TITLE),)


def _beside(left: Sequence[StyledLine], right: Sequence[StyledLine], width: int) -> list[StyledLine]:
    """Two columns: facts take three fifths."""
    left_width = width * 3 // 5
    right_width = width - left_width - 3
    left = [part for line in left for part in wrap(line, left_width, LABEL)]
    right = [part for line in right for part in wrap(line, right_width, 10)]
    rows = max(len(left), len(right))
    left = [*left, *[()] * (rows - len(left))]
    right = [*right, *[()] * (rows - len(right))]
    return [(*cut(one, left_width), ("   ", Role.TEXT), *other) for one, other in zip(left, right, strict=True)]
