from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.presentation.answer_history import MAX_ANSWER, Change, change_lines, changes_between
from octotui.presentation.highlight import found_rows, mark_found
from octotui.presentation.styled_text import Role, StyledLine, plain

leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def shown(before: object, after: object) -> list[str]:
    return [plain(line) for line in change_lines(json.dumps(before), json.dumps(after))]


def test_fields_that_change_come_and_go() -> None:
    before = {"status": "running", "data": [{"p": 1}], "old": None, "same": "x"}
    after = {"status": "completed", "data": [{"p": 2}], "url": "https://x.example/v.mp4?sig=SECRET", "same": "x"}
    assert shown(before, after) == [
        'status  "running" → "completed"',
        "data[0].p  1 → 2",
        'url  new: "https://x.example/v.mp4?sig=…"',
        "old  null → gone",
    ]


def test_secrets_known_by_their_name_are_masked() -> None:
    assert shown({"token": "abc"}, {"token": "abd"}) == ['token  "…"  other where it is masked']
    assert "sk-" + "a" * 20 not in "".join(shown({"x": ""}, {"x": "sk-" + "a" * 20}))


def test_many_changes_are_counted() -> None:
    rows = shown({str(n): 0 for n in range(40)}, {str(n): 1 for n in range(40)})
    assert rows[-1] == "and 28 more"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("{}", "<html>", "The two answers cannot be compared field by field."),
        ("{}", "[" * 100_000, "The two answers cannot be compared field by field."),
        ("{}", json.dumps("x" * MAX_ANSWER), "The two answers cannot be compared field by field."),
        ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }', "Only in blanks or in the order of fields."),
        ("1", "2", "answer  1 → 2"),
    ],
)
def test_what_cannot_be_told_apart_is_said(before: str, after: str, said: str) -> None:
    assert [plain(line) for line in change_lines(before, after)] == [said]


def test_without_an_earlier_answer_nothing_changed() -> None:
    assert change_lines(None, "{}") == change_lines("{}", None) == change_lines(None, None) == []


@given(values, values)
def test_changes_are_there_exactly_where_answers_differ(before: object, after: object) -> None:
    found = changes_between(json.dumps(before), json.dumps(after))
    assert found is not None
    if before == after and type(before) is type(after):
        assert all(change.before == change.after for change in found)
    assert all(isinstance(change, Change) for change in found)
    assert all("\x1b" not in plain(line) for line in change_lines(json.dumps(before), json.dumps(after)))


@given(st.lists(st.text("abAB ", max_size=6), max_size=5), st.text("ab", max_size=3))
def test_marking_changes_roles_and_never_text(texts: list[str], wanted: str) -> None:
    line: StyledLine = tuple((text, Role.DIM if number % 2 else Role.TEXT) for number, text in enumerate(texts))
    marked = mark_found(line, wanted)
    assert plain(marked) == plain(line)
    lit = sum(len(text) for text, role in marked if role is Role.FOUND)
    assert lit == (plain(line).casefold().count(wanted) * len(wanted) if wanted else 0)
    assert found_rows([marked]) == ([0] if lit else [])
