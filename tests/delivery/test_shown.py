"""What a delivery looks like: its word and glyph in a row, filters, counts, details, header and log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from octotui.engine.downloads.disk_space import DiskSpace
from octotui.engine.downloads.file_names import NoRoom
from octotui.model import EventKind, LogEntry
from octotui.presentation import fields
from octotui.presentation.columns import layout_for
from octotui.presentation.counts import tally
from octotui.presentation.filters import parse
from octotui.presentation.header import arrange, work_facts
from octotui.presentation.log_lines import event_line
from octotui.presentation.sorting import ORDERS
from octotui.presentation.styled_text import StyledLine
from octotui.presentation.task_details import fact_lines
from octotui.presentation.task_record import TaskRecord
from octotui.presentation.task_row import View, row, shown_word
from octotui.task_events import happened
from octotui.tui.rendering.stand_ins import to_ascii
from tests.tui.tasks import NOW, live, ready, running, saved

URL = "s3://farm/results/sora/video_3.mp4"
DELIVERED = saved(delivered=URL)
UNFILED = replace(DELIVERED, download=DELIVERED.download._replace(file=None))


def plain(line: StyledLine) -> str:
    return "".join(text for text, _ in line)


def test_a_row_has_its_word_and_glyph() -> None:
    text = plain(row(DELIVERED, View(NOW, layout_for(120))))
    assert "⇡ delivered" in text
    assert "24.0 MB" in text
    assert "d delivered" in to_ascii(text)


def test_a_result_that_is_fetched_again_is_not_called_delivered() -> None:
    assert shown_word(DELIVERED, NOW) == "delivered"
    assert shown_word(ready("a", delivered=URL), NOW) == "ready"


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        *(("state:delivered", True), ("state:saved", True), ("state:completed", True), ("state:ready", False)),
        *(("!state:delivered", False), ("file:farm/results", True), ("s3://farm", True), ("delivered", True)),
    ],
)
def test_filters_know_it(text: str, is_shown: bool) -> None:
    found = parse(text)
    assert found.problem is None
    assert found.matches(UNFILED, NOW) is is_shown


def test_what_is_only_saved_is_not_delivered() -> None:
    assert not parse("state:delivered").matches(saved(), NOW)
    assert parse("state:saved").matches(saved(), NOW)


def test_it_is_counted_by_itself() -> None:
    assert plain(tally({"saved": 2, "delivered": 1}, 40)) == "✓ 2  ⇡ 1"


def test_it_is_sorted_with_what_is_finished() -> None:
    tasks = [DELIVERED, running("r"), ready("a")]
    assert [task.id for task in sorted(tasks, key=lambda task: ORDERS["deadline"](task, NOW))] == ["a", "r", "video_3"]


def test_columns_say_where_it_lies() -> None:
    labels = {"sora": "Sora"}
    assert fields.FIELDS["delivered"].text(DELIVERED, NOW, labels) == URL
    assert fields.FIELDS["note"].text(UNFILED, NOW, labels) == URL
    assert fields.FIELDS["note"].text(DELIVERED, NOW, labels) == DELIVERED.download.file
    assert fields.FIELDS["done"].text(UNFILED, NOW, labels) == "24.0 MB"
    assert fields.FIELDS["done"].plain(UNFILED, NOW, labels) == 100


def test_details_say_where_it_lies() -> None:
    for task, lines in (
        (DELIVERED, ["saved      /videos/video_3.mp4", f"delivered  {URL}"]),
        (UNFILED, [f"delivered  {URL}"]),
    ):
        told = [plain(line) for line in fact_lines(TaskRecord(task), NOW)]
        assert [line for line in told if line.startswith(("saved ", "delivered "))] == lines


def test_the_header_says_what_is_left_and_that_it_cannot_be_delivered() -> None:
    assert "⇡ 1,200 to deliver" in plain(arrange(work_facts(live(deliveries_left=1200), NOW), 160))
    trouble = live(deliveries_left=3, delivery_trouble="403")
    assert "⇡ 3 NOT DELIVERED" in plain(arrange(work_facts(trouble, NOW), 160))
    assert "⇡ 3!" in plain(arrange(work_facts(trouble, NOW), 30))
    assert "⇡" not in plain(arrange(work_facts(live(), NOW), 160))


def test_it_happens_once_and_the_log_has_its_mark() -> None:
    assert happened(saved(), DELIVERED, NOW) == [EventKind.DELIVERED]
    assert happened(DELIVERED, DELIVERED, NOW) == []
    assert happened(DELIVERED, saved(), NOW) == []
    assert "⇡" in plain(event_line(LogEntry(NOW, EventKind.DELIVERED, "video_3", "delivered 24.0 MB"), NOW))


def test_what_waits_for_room_is_told_what_will_be_free_once_it_is_delivered(tmp_path: Path) -> None:
    space = DiskSpace(100, free=lambda _: 150, undelivered=lambda: 4_000_000, comes_free=True)
    with pytest.raises(NoRoom, match=r"1 kB needed, 50 B free \(100 B kept free; 4.0 MB more once it is delivered\)"):
        space.claim("a", 1000, tmp_path)
    space.claim("a", 50, tmp_path)


def test_what_is_still_to_be_delivered_on_the_same_disk_needs_its_room_there(tmp_path: Path) -> None:
    left = [600]
    space = DiskSpace(100, free=lambda _: 1000, undelivered=lambda: left[0], goes_to=tmp_path)
    with pytest.raises(NoRoom, match="400 B needed, 300 B free"):
        space.claim("a", 400, tmp_path)
    left[0] = 500
    space.claim("a", 400, tmp_path)
    elsewhere = DiskSpace(100, free=lambda _: 1000, undelivered=lambda: 600, goes_to=Path("/proc"))
    elsewhere.claim("a", 900, tmp_path)
    DiskSpace(100, free=lambda _: 1000, undelivered=lambda: 600).claim("a", 900, tmp_path)
