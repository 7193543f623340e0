"""What lists print of tasks of which no more was read than they show."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from octotui.cli import output, table
from octotui.cli.listing import FORMATS, Format, print_tasks
from octotui.cli.selection import all_tasks
from octotui.ledger import Ledger
from octotui.model import FailureKind, RequestFailure, Task
from octotui.presentation.fields import FIELDS
from octotui.task_json import task_json
from tests.support.clock import NOW
from tests.support.tasks import record, running
from tests.tui.tasks import every_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NASTY = ['}, "", {', "}, {", '"', "\\", "\n", "\0", "],[", "日本語 👩‍👩‍👧", "\x1b[31m", "\u2028", ""]
LABELS = {"sora": "Sora", "grok": "日本"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db") as opened:
        odd = [
            replace(
                running(f"odd {number} {text}"),
                status=text,
                model=text,
                error_message=text,
                tags=(text, "b"),
                result_url=f"https://x.example/{text}",
                failure=RequestFailure(FailureKind.GATEWAY, 502, text, NOW),
            )
            for number, text in enumerate(NASTY)
        ]
        record(opened, *every_state(), *odd)
        yield opened


def printed(tasks: Iterable[Task], how: Format, capsys: pytest.CaptureFixture[str]) -> str:
    print_tasks(tasks, how, LABELS, NOW)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reads_what_it_prints(ledger: Ledger, capsys: pytest.CaptureFixture[str], name: str) -> None:
    how = Format(name)
    whole = printed(ledger.tasks(), how, capsys)
    assert printed(all_tasks(ledger, how.needs), how, capsys) == whole
    assert len(whole.splitlines()) >= len(ledger.tasks())


@pytest.mark.parametrize("column", FIELDS)
@pytest.mark.parametrize("name", ["table", "csv"])
def test_every_column_reads_what_it_shows(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], name: str, column: str
) -> None:
    how = Format(name, (column,))
    assert len(how.needs) < len(fields(Task))
    assert printed(all_tasks(ledger, how.needs), how, capsys) == printed(ledger.tasks(), how, capsys)


def test_json_is_one_task_a_line_whatever_stands_in_it(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    whole = [task_json(task, NOW) for task in ledger.tasks()]
    text = printed(all_tasks(ledger, Format("json").needs), Format("json"), capsys)
    dumped = json.JSONEncoder(ensure_ascii=False).encode
    assert text == "[" + ",\n ".join(dumped(one) for one in whole) + "]\n"
    assert json.loads(text) == whole


@pytest.mark.parametrize("count", [0, 1, 2, output._LINES, output._LINES + 1])
def test_json_of_any_number_of_tasks_is_one_array(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    output.print_tasks_json((running(f"video_{number}") for number in range(count)), NOW)
    printed = capsys.readouterr().out
    assert [one["id"] for one in json.loads(printed)] == [f"video_{number}" for number in range(count)]
    assert printed.count("\n") == max(1, count)


@pytest.mark.parametrize("count", [table._PAGE - 1, table._PAGE, 2 * table._PAGE + 1])
def test_columns_are_as_wide_as_their_widest_text_on_any_page(count: int) -> None:
    tasks = [running(f"video_{number}") for number in range(count)]
    tasks[-1] = running("a" * 60)
    heading, *lines = table.table_lines(tasks, LABELS, NOW, None)
    assert len(lines) == count
    assert {line.index("Sora") for line in lines} == {click.unstyle(heading).index("PROVIDER")}
