"""Lists of tasks as people and programs want them: table, wide table, JSON, JSON lines, CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from octotui.cli import output
from octotui.cli.exit_codes import CommandError
from octotui.sanitize import clean
from octotui.task_json import FIELDS, line_writer

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from octotui.model import Task
    from octotui.presentation.fields import Field, Value

Function = TypeVar("Function", bound=Callable[..., Any])

FORMATS = ("table", "wide", "json", "jsonl", "csv")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text must not begin with that a spreadsheet is not to take for a formula."""


class Format(NamedTuple):
    """How a list is printed."""

    name: str = "table"
    """One of `FORMATS`."""
    columns: tuple[str, ...] | None = None
    """Columns somebody has chosen; None: the usual ones."""

    @property
    def is_for_people(self) -> bool:
        """Whether words may stand where programs want a value."""
        return self.name in {"table", "wide"}

    @property
    def needs(self) -> frozenset[str]:
        """The fields of a `Task` that it looks at: of a long list no others need be read."""
        if self.name in {"json", "jsonl"}:
            return FIELDS
        from octotui.presentation import fields  # noqa: PLC0415 - JSON has no columns

        usual = {"table": fields.TABLE, "wide": fields.WIDE, "csv": tuple(fields.FIELDS)}
        return fields.needed(self.columns or usual[self.name])


def complete_columns(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the columns that the last of a list can be, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell's completion comes here

    from octotui.presentation.fields import ALL  # noqa: PLC0415 - as above

    before, comma, begun = incomplete.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{field.name}", help=field.help)
        for field in ALL
        if field.name.startswith(begun) and field.name not in before.split(",")
    ]


def format_options(function: Function) -> Function:
    """Give a command `-o`, `--columns` and `--json`; `format_of` makes one `Format` of them."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON array; the same as -o json."),
        click.option(
            *("--columns", "columns"),
            metavar="A,B",
            shell_complete=complete_columns,
            help="These columns in this order, of table and csv (the names: octotui ls --help).",
        ),
        click.option(
            *("-o", "--output", "kind"),
            type=click.Choice(FORMATS),
            help="How to print them: table, wide (more columns, uncut), json, jsonl (one a line), csv.",
        ),
    ):
        function = option(function)
    return function


def format_of(kind: str | None, columns: str | None, as_json: bool) -> Format:
    """Return what the options say. Raises `CommandError` where they contradict each other, or name no column."""
    if as_json and kind not in {None, "json"}:
        raise CommandError(f"--json or -o {kind}, not both")
    kind = "json" if as_json else kind or "table"
    if columns is None:
        return Format(kind)
    if kind in {"json", "jsonl"}:
        raise CommandError("--columns is for table, wide and csv; JSON has always every key")
    from octotui.presentation.fields import FIELDS  # noqa: PLC0415 - few choose columns

    names = tuple(name.strip().lower() for name in columns.split(",") if name.strip())
    for name in names:
        if name not in FIELDS:
            from octotui.config.problems import choices_message  # noqa: PLC0415 - only on the way out

            raise CommandError(f"--columns: {choices_message(name, FIELDS, 'column')}")
    if not names:
        raise CommandError(f"--columns: name some of {', '.join(FIELDS)}")
    return Format(kind, tuple(dict.fromkeys(names)))


def print_tasks(tasks: Iterable[Task], how: Format, labels: dict[str, str], now: float) -> bool:
    """Print tasks on stdout, however many there are, without keeping them in memory.

    Returns:
        Whether there was any task; only tables tell.

    """
    if how.name == "json":
        output.print_tasks_json(tasks, now)
    elif how.name == "jsonl":
        _print_lines(map(line_writer(output.encoder(), now), tasks))
    elif how.name == "csv":
        _print_lines(_csv_lines(tasks, how.columns, labels, now))
    else:
        return output.print_table(tasks, labels, now, columns=how.columns, is_wide=how.name == "wide")
    return True


def _print_lines(lines: Iterable[str]) -> None:
    for page in output.batched(lines):
        click.echo("\n".join(page))


def _csv_lines(
    tasks: Iterable[Task], columns: tuple[str, ...] | None, labels: dict[str, str], now: float
) -> Iterator[str]:
    """Yield a line with the names of the columns and one a task: texts, and numbers in plain units."""
    import csv  # noqa: PLC0415 - few ask for it
    import io  # noqa: PLC0415 - as above

    from octotui.presentation.fields import ALL, FIELDS  # noqa: PLC0415 - as above

    fields: tuple[Field, ...] = ALL if columns is None else tuple(FIELDS[name] for name in columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    yield ",".join(field.name for field in fields)
    for task in tasks:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_cell(field.plain(task, now, labels)) for field in fields])
        yield buffer.getvalue()


def _cell(value: Value) -> Value:
    """Return a value that is safe to print, and that no spreadsheet reckons with."""
    if not isinstance(value, str):
        return value
    text = value if value.isprintable() else clean(value, 4000)
    return f"'{text}" if text.startswith(_FORMULA) else text
