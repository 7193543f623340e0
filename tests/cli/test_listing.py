"""`ls -o`, `--columns`: tables, JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.cells import cell_len

from octotui.presentation.fields import ALL, FIELDS, TABLE, WIDE
from tests.cli.conftest import Octotui
from tests.cli.filled import fill
from tests.cli.test_process import on_terminal
from tests.support.clock import NOW
from tests.support.tasks import ready, saved, task
from tests.tui.tasks import every_state


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_json_lines_are_the_same_objects_as_the_array(octotui: Octotui) -> None:
    fill(octotui)
    array = json.loads(octotui.call("ls", "--json").out)
    lines = [json.loads(line) for line in octotui.call("ls", "-o", "jsonl").out.splitlines()]
    assert lines == array == json.loads(octotui.call("ls", "-o", "json").out)
    assert len(lines) == 20


def test_csv_has_every_column_and_plain_numbers(octotui: Octotui) -> None:
    fill(octotui, [saved("video_1", given_title='a "red", car'), ready("video_2", 3600.5)])
    found = rows(octotui.call("ls", "-o", "csv").out)
    assert list(found[0]) == [field.name for field in ALL]
    assert (found[0]["size"], found[0]["done"], found[0]["left"]) == ("24000000", "100", "")
    assert int(found[1]["left"]) in range(3590, 3601)
    assert found[0]["state"] == "saved"


def test_columns_are_chosen_by_name_and_kept_in_order(octotui: Octotui) -> None:
    fill(octotui, [ready("video_2", 3600.5), task("video_3")])
    shown = octotui.call("ls", "--columns", "id,tags, title,ID").out.splitlines()
    assert shown[0].split() == ["ID", "TAGS", "TITLE"]
    assert [line.split() for line in shown[1:]] == [["video_2"], ["video_3"]]
    assert rows(octotui.call("ls", "-o", "csv", "--columns", "id,age").out)[0].keys() == {"id", "age"}


def test_a_wide_table_is_not_cut_and_has_more_columns(octotui: Octotui) -> None:
    fill(octotui, [ready("video_" + "1a" * 60, 3600.5, created_at=NOW - 900)])
    narrow, wide = on_terminal(octotui, "ls", columns=80), on_terminal(octotui, "ls", "-o", "wide", columns=80)
    assert "video_" + "1a" * 60 not in narrow
    assert "video_" + "1a" * 60 in wide
    assert "DEADLINE" in wide
    assert "DEADLINE" not in narrow


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_chosen_columns_fit_the_terminal(octotui: Octotui, columns: int) -> None:
    fill(octotui)
    shown = on_terminal(octotui, "ls", "--columns", "id,title,file,size,error", columns=columns, NO_COLOR="1")
    assert max(cell_len(line) for line in shown.split("\r\n")) <= columns
    assert shown.startswith("ID")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--columns", "id,foo"], "--columns: 'foo' is no column. Valid: state, left, id, title"),
        (["--columns", "titel"], "did you mean title?"),
        (["--columns", ","], "--columns: name some of state, left"),
        (["-o", "json", "--columns", "id"], "--columns is for table, wide and csv"),
        (["-o", "csv", "--json"], "--json or -o csv, not both"),
        (["-o", "xml"], "'xml' is not one of"),
    ],
)
def test_what_cannot_be_printed_is_said(octotui: Octotui, arguments: list[str], words: str) -> None:
    outcome = octotui.call("ls", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_spreadsheet_reckons_with_a_text(octotui: Octotui, title: str) -> None:
    octotui.call("add", "grok:1", f"--title={title}")
    (row,) = rows(octotui.call("ls", "-o", "csv", "--columns", "title,id").out)
    assert row == {"title": f"'{title}", "id": "grok:1"}


def test_nothing_in_a_row_reaches_the_terminal_as_a_command(octotui: Octotui) -> None:
    fill(octotui, [task("video_3", error_message="\x1b[2Jx", status="a\nb")])
    for kind in ("table", "wide", "csv"):
        assert "\x1b[2J" not in octotui.call("ls", "-o", kind).out


def test_every_column_has_words_for_every_state() -> None:
    for field in ALL:
        texts = {field.text(one, NOW, {"sora": "Sora"}) for one in every_state()}
        assert all(isinstance(text, str) for text in texts)
        assert all(field.plain(one, NOW, {}) != "" for one in every_state())
    assert {*TABLE, *WIDE} <= set(FIELDS)
