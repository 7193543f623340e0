from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from octotui.model import Download, DownloadState, Task
from octotui.presentation.filters import parse
from octotui.presentation.sorting import ORDERS, is_turned, plain_order, turned
from octotui.tui.table.rows import Rows
from octotui.tui.table.selection import Selection
from tests.tui.tasks import NOW, ready, running

EITHER_WAY = [*ORDERS, *map(turned, ORDERS)]


def in_order(tasks: list[Task], order: str) -> list[str]:
    """The ids of tasks in an order, in a plain sorted list."""
    found = sorted(tasks, key=lambda one: ORDERS[plain_order(order)](one, NOW), reverse=is_turned(order))
    return [one.id for one in found]


some_task = st.builds(
    lambda number, left, is_ready: ready(f"t{number}", left) if is_ready else running(f"t{number}", left),
    st.integers(0, 15),
    st.integers(0, 100),
    st.booleans(),
)
step = st.tuples(
    st.lists(some_task, max_size=4),
    st.lists(st.integers(0, 15).map("t{}".format), max_size=2),
    st.sampled_from([None, *EITHER_WAY]),
    st.sampled_from([None, "", "state:running", "t1", "!t1"]),
)


@given(st.lists(step, max_size=8))
def test_rows_kept_up_are_the_rows_made_anew(steps: list[tuple[list[Task], list[str], str | None, str | None]]) -> None:
    rows = Rows()
    known: dict[str, Task] = {}
    for changed, removed, order, wanted in steps:
        rows.update(changed, removed, NOW)
        known.update((one.id, one) for one in changed)
        for task_id in removed:
            known.pop(task_id, None)
        if order or wanted is not None:
            rows.arrange(NOW, order=order, filter_=None if wanted is None else parse(wanted))
        assert list(rows.ids) == in_order([one for one in known.values() if rows.filter.matches(one, NOW)], rows.order)
        assert rows.tasks == known
        assert [rows.position(task_id) for task_id in rows.ids] == list(range(len(rows)))
        assert rows.position("elsewhere") is None


def shown_in(rows: Rows) -> list[str]:
    """The ids that belong into the rows, in a plain sorted list."""
    wanted = [one for one in rows.tasks.values() if rows.filter.matches(one, NOW)]
    return in_order(wanted, rows.order)


@given(
    st.lists(some_task, max_size=16),
    st.lists(st.tuples(st.integers(0, 3), step), max_size=12),
)
def test_what_changes_while_many_are_sorted_is_not_lost(
    first: list[Task], meanwhile: list[tuple[int, tuple[list[Task], list[str], str | None, str | None]]]
) -> None:
    """Steps of sorting and filtering anew, superseded now and then, between changes of the ledger."""
    rows = Rows()
    rows.update(first, [], NOW)
    known = {one.id: one for one in first}
    steps: Iterator[None] = iter(())
    order, text = rows.order, rows.filter.text
    for count, (changed, removed, next_order, wanted) in meanwhile:
        if next_order or wanted is not None:
            steps = rows.arranging(NOW, order=next_order, filter_=None if wanted is None else parse(wanted))
            order, text = next_order or order, text if wanted is None else wanted
        rows.update(changed, removed, NOW)
        known.update((one.id, one) for one in changed)
        for task_id in removed:
            known.pop(task_id, None)
        for _ in zip(range(count), steps, strict=False):
            assert list(rows.ids) == shown_in(rows)
        assert list(rows.ids) == shown_in(rows)
    for _ in steps:
        pass
    assert not rows.is_arranging
    assert (rows.order, rows.filter.text) == (order, text)
    assert rows.tasks == known
    assert list(rows.ids) == shown_in(rows)
    assert [rows.position(task_id) for task_id in rows.ids] == list(range(len(rows)))


def test_the_first_of_two_arrangements_ends_where_the_second_begins() -> None:
    rows, _ = filled(*(running(f"t{number}", number) for number in range(250)))
    first = rows.arranging(NOW, order="age")
    next(first)
    second = rows.arranging(NOW, filter_=parse("t1"))
    assert list(first) == []
    assert (rows.order, rows.is_arranging) == ("deadline", True)
    assert list(second)
    assert (rows.order, rows.filter.text, rows.is_arranging) == ("age", "t1", False)


def test_what_is_being_sorted_is_not_outdated() -> None:
    rows, _ = filled(ready("a", 5), running("b", 40))
    rows.arrange(NOW, filter_=parse("left<30m"))
    steps = rows.arranging(NOW, order="age")
    assert not rows.is_outdated(NOW)
    assert list(steps)
    assert rows.is_outdated(NOW)


def filled(*tasks: Task) -> tuple[Rows, Selection]:
    rows = Rows()
    rows.update(tasks, [], NOW)
    selection = Selection(rows)
    selection.follow()
    return rows, selection


def test_the_cursor_stays_on_its_task_when_others_come_before_it() -> None:
    rows, selection = filled(running("a", 50), running("b", 40))
    selection.move_to(1)
    rows.update([ready("urgent", 60), running("c", 90)], [], NOW)
    assert selection.follow() == 3
    assert selection.cursor_id == "b"


def test_the_cursor_goes_with_its_task_through_sorting() -> None:
    rows, selection = filled(running("a", 50), running("b", 40))
    selection.move_to(0)
    rows.update([running("a", 10)], [], NOW)
    assert selection.follow() == 1
    assert selection.cursor_id == "a"


def test_when_its_task_goes_the_cursor_stays_in_its_place() -> None:
    rows, selection = filled(running("a", 50), running("b", 40), running("c", 30))
    selection.move_to(1)
    rows.update([], ["b"], NOW)
    assert selection.follow() == 1
    assert selection.cursor_id == "c"
    rows.update([], ["c"], NOW)
    assert selection.follow() == 0
    rows.update([], ["a"], NOW)
    assert selection.follow() is None
    assert selection.task is None
    rows.update([running("d", 1)], [], NOW)
    assert selection.follow() == 0
    assert selection.cursor_id == "d"


def test_a_filter_lends_the_cursor_to_another_task() -> None:
    rows, selection = filled(running("a", 50), running("b", 40), running("c", 30))
    selection.move_to(1)
    rows.arrange(NOW, filter_=parse("!b"))
    selection.follow()
    assert selection.cursor_id == "c"
    rows.arrange(NOW, filter_=parse(""))
    selection.follow()
    assert selection.cursor_id == "b"


def test_marks_are_of_tasks_and_only_those_shown_are_meant() -> None:
    rows, selection = filled(*(running(name, 90 - place) for place, name in enumerate("abcd")))
    selection.move_to(1)
    selection.toggle_range()
    selection.move_to(3)
    assert selection.marked == {"b", "c", "d"}
    selection.toggle_range()
    rows.arrange(NOW, filter_=parse("!c"))
    selection.follow()
    assert [one.id for one in selection.targets()] == ["b", "d"]
    selection.forget_tasks(["d"])
    selection.toggle_all()
    assert selection.marked == {"a", "b", "c", "d"}
    selection.toggle_all()
    assert selection.marked == {"c"}
    selection.clear()
    assert [one.id for one in selection.targets()] == [selection.cursor_id]


@given(st.sets(st.integers(0, 130)))
def test_few_marks_are_found_in_the_same_order_as_many(numbers: set[int]) -> None:
    rows, selection = filled(*(running(f"t{number}", number % 100) for number in range(110)))
    rows.arrange(NOW, filter_=parse("!t7"))
    selection.marked = {f"t{number}" for number in numbers}
    assert [one.id for one in selection.marked_tasks()] == [id_ for id_ in rows.ids if id_ in selection.marked]


def test_the_end_of_a_range_can_go_away() -> None:
    rows, selection = filled(running("a", 50), running("b", 40), running("c", 30))
    selection.toggle_range()
    rows.update([], ["a"], NOW)
    selection.follow()
    selection.move_to(1)
    assert not selection.in_range


def test_a_change_that_moves_nothing_leaves_the_order_as_it_is() -> None:
    rows, _ = filled(running("a", 50), running("b", 40))
    before = list(rows.ids)
    rows.update([dataclasses.replace(running("a", 50), last_answer_at=NOW)], [], NOW)
    assert list(rows.ids) == before
    assert rows.tasks["a"].last_answer_at == NOW


@given(
    st.lists(st.integers(0, 5000), max_size=30, unique=True), st.sampled_from(["", "t1"]), st.sampled_from(EITHER_WAY)
)
def test_rows_filled_in_a_thread_are_the_same(numbers: list[int], text: str, order: str) -> None:
    tasks = [ready(f"t{n}", n % 7) if n % 2 else running(f"t{n}", n % 90) for n in numbers]
    filled, kept = Rows(), Rows()
    for rows in (filled, kept):
        rows.arrange(NOW, order=order, filter_=parse(text))
    filled.fill(tasks, NOW)
    kept.update(tasks, [], NOW)
    assert (list(filled.ids), filled.tasks) == (list(kept.ids), kept.tasks)
    assert [filled.position(id_) for id_ in filled.ids] == list(range(len(filled)))


def test_rows_by_slack_are_sorted_anew_only_when_one_is_too_late_or_the_speed_is_another() -> None:
    size = 400 * 10**6
    rows = Rows()
    rows.speed = 1e6
    rows.arrange(NOW, order="slack")
    wanted = Download(DownloadState.WANTED, 0, size)
    rows.update([ready("big", 500, download=wanted), ready("small", 600), running("c", 1)], [], NOW)
    assert list(rows.ids) == ["big", "small", "c"]
    assert not rows.is_outdated(NOW + 99)
    assert rows.is_outdated(NOW + 101)
    rows.arrange(NOW + 101)
    assert list(rows.ids) == ["small", "big", "c"]
    assert not rows.is_outdated(NOW + 102)
    rows.speed = 0.9e6
    assert not rows.is_outdated(NOW + 102)
    rows.speed = 2e6
    assert rows.is_outdated(NOW + 102)
    rows.arrange(NOW + 102)
    assert list(rows.ids) == ["big", "small", "c"]


def test_other_orders_are_never_outdated_but_by_a_filter_of_time() -> None:
    rows, _ = filled(ready("a", 5), running("b", 40))
    assert not rows.is_outdated(NOW + 10)
    rows.arrange(NOW, filter_=parse("left<30m"))
    assert rows.is_outdated(NOW)


@given(st.permutations(EITHER_WAY))
def test_the_cursor_finds_a_place_through_any_two_orders_while_its_task_goes(orders: list[str]) -> None:
    rows, selection = filled(ready("a", 50, model="sora"), running("b", 40), running("c", 30, model="veo"))
    for order in orders:
        selection.move_to(1)
        gone = selection.task
        assert gone is not None
        rows.tasks.pop(gone.id)
        rows.arrange(NOW, order=order)
        assert selection.follow() is not None
        rows.update([gone], [], NOW)


def test_the_cursor_stays_in_the_first_row_until_somebody_means_a_task() -> None:
    rows, selection = filled(running("a", 50), running("b", 40))
    rows.update([ready("b", 250)], [], NOW)
    assert selection.follow() == 0
    assert selection.cursor_id == "b"
    selection.hold()
    rows.update([ready("c", 60)], [], NOW)
    assert selection.follow() == 1
    assert selection.cursor_id == "b"


def test_a_mark_holds_the_cursor_as_a_move_does() -> None:
    rows, selection = filled(running("a", 50))
    selection.toggle_range()
    rows.update([ready("b", 250)], [], NOW)
    assert selection.follow() == 1
    assert selection.cursor_id == "a"


@given(st.lists(st.integers(0, 3000), max_size=40, unique=True), st.slices(40))
def test_a_turned_list_is_the_list_from_its_end(numbers: list[int], part: slice) -> None:
    rows = Rows()
    rows.update([running(f"t{number}", number % 90) for number in numbers], [], NOW)
    before = list(rows.ids)[::-1]
    rows.arrange(NOW, order="-deadline")
    assert list(rows.ids) == before
    assert list(rows.ids[part]) == before[part]
    assert len(rows.ids) == len(before)
    assert not before or rows.ids[-1] == before[-1]


def test_in_a_turned_order_the_cursor_takes_the_place_of_its_task_when_that_goes() -> None:
    rows, selection = filled(running("a", 50), running("b", 40), running("c", 30))
    rows.arrange(NOW, order="-deadline")
    assert list(rows.ids) == ["c", "b", "a"]
    selection.move_to(1)
    rows.update([], ["b"], NOW)
    assert selection.follow() == 1
    assert selection.cursor_id == "a"
