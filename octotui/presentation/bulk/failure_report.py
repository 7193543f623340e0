"""A report on tasks that failed alike, for the gateway's owner: Markdown, with nothing private in it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from octotui import __version__
from octotui.gateway.routes import task_url
from octotui.model import Task
from octotui.presentation.bug_report import answer_lines, block, code, facts_list, public, utc
from octotui.presentation.bulk.failure_groups import FailureGroup, reason_of, tally_words
from octotui.redaction import mask_url

MOST_TASKS = 100
"""Tasks that a report names: it must fit into an issue."""
WHOLE_ANSWERS = 3
"""Answers that stand in it whole."""


def failure_report(
    group: FailureGroup,
    now: float,
    answer_of: Callable[[str], str | None],
    label_of: Callable[[str], str],
    *,
    base_url: str,
    hidden: Sequence[str] = (),
) -> str:
    """Return the report as Markdown, times in UTC.

    What `bug_report` takes out is taken out here for every task.

    Args:
        group: What failed.
        now: Unix seconds.
        answer_of: Gives the last answer about a task as it came, by its id.
        label_of: Names a provider.
        base_url: The gateway's.
        hidden: Texts that no report may hold.

    """
    tasks = group.tasks
    private = {text for task in tasks for text in (task.given_title, task.prompt) if text}
    hidden = (*hidden, *private)
    named = tasks[:MOST_TASKS]
    rows = [_task_line(task, hidden) for task in named]
    if len(tasks) > len(named):
        rows.append(f"- … and {len(tasks) - len(named):,} more")
    sections = [
        f"# {len(tasks):,} tasks {group.kind.value} alike" if len(tasks) > 1 else f"# One task {group.kind.value}",
        f"Made by octotui {__version__}, {utc(now)}. Keys, signatures, prompts and local paths are left out.",
        facts_list(_facts(group, label_of, base_url, hidden)),
        "## Tasks\n\n" + "\n".join(rows),
    ]
    sections += _answers(tasks, answer_of, hidden)
    return "\n\n".join(sections) + "\n"


def _facts(
    group: FailureGroup, label_of: Callable[[str], str], base_url: str, hidden: Sequence[str]
) -> Iterator[tuple[str, str]]:
    tasks = group.tasks
    yield "reason", code(public(group.reason, hidden))
    times = [found[2] for found in map(reason_of, tasks) if found is not None]
    yield "first and last", f"{utc(min(times))}, {utc(max(times))}"
    providers = Counter({label_of(name): count for name, count in group.providers.items()})
    yield "providers", tally_words(providers, 1000)
    if group.models:
        yield "models", ", ".join(f"{code(model)} {count:,}" for model, count in group.models.most_common())
    routes = Counter(task.route for task in tasks)
    yield "routes", ", ".join(f"{code(route)} {count:,}" for route, count in routes.most_common())
    try:
        yield "asked with", code(f"GET {mask_url(task_url(base_url, tasks[0].route, tasks[0].id))}")
    except (KeyError, ValueError):
        return


def _task_line(task: Task, hidden: Sequence[str]) -> str:
    found = reason_of(task)
    parts = [code(task.model)] if task.model else []
    parts.append(f"on {code(task.route)}")
    if task.created_at is not None:
        parts.append(f"submitted {utc(task.created_at)}")
    if found is not None:
        parts.append(f"{found[0].value} {utc(found[2])}")
    if task.status:
        parts.append(f"status {code(task.status)}")
    if task.error_code:
        parts.append(f"code {code(public(task.error_code, hidden))}")
    words = "" if found is None else f": {code(public(found[1], hidden))}"
    return f"- {code(task.id)}, {', '.join(parts)}{words}"


def _answers(tasks: Sequence[Task], answer_of: Callable[[str], str | None], hidden: Sequence[str]) -> Iterator[str]:
    """The newest answers whole, of different models first: what differs between them tells most."""
    first_of_model = {task.model: task for task in reversed(tasks)}
    in_order = [*sorted(first_of_model.values(), key=tasks.index), *tasks]
    shown: dict[str, str] = {}
    for task in in_order[: 10 * WHOLE_ANSWERS]:
        if task.id not in shown and len(shown) < WHOLE_ANSWERS and (answer := answer_of(task.id)) is not None:
            shown[task.id] = answer
    if not shown:
        yield "## Answers\n\nNone yet."
    for task_id, answer in shown.items():
        yield f"## Last answer about {code(task_id)}\n\n{block(answer_lines(answer, hidden))}"
