from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from octotui.config.example import example_text
from octotui.config.toml_edit import toml_value, value_at, with_value, without_value
from octotui.config.toml_lines import KeyPath, entries

_VALUES = (
    "1",
    "true",
    "nan",
    "1979-05-27",
    '"a # b"',
    "'[x]'",
    '"""\n[t]\ntheme = 1\n# theme = 2\n"""',
    "[\n  1, # theme = 3\n  2, ]",
    "'''\n'a' = 2\n'''",
    "{ theme = 1, 'x y' = [ { a = \"}\" } ] }",
    "{}",
)
_COMMENTS = ("", "   ", "# theme = 9", "#player=['x']", "# [keys]", "# [not", "\t# label = 1  # two", "# ü")
_PATHS: tuple[KeyPath, ...] = (
    ("theme",),
    ("player",),
    ("keys", "theme"),
    ("keys", "x y"),
    ("providers", "kling", "label"),
    ("providers", "kling", "theme"),
    ("profiles", "lab", "player"),
)
_HEADERS = (
    "[keys]",
    "[ keys ] # [x]",
    "[providers]",
    "[providers.kling]",
    "[providers.'veo']",
    "[profiles.lab]",
    "[[list]]",
    "[a.b]",
)
_NAMES = (
    "theme",
    "player",
    "label",
    '"x y"',
    "bell",
    "kling.label",
    "lab . player",
    "keys.theme",
    "keys",
    "providers.kling",
    "providers . kling . theme",
    "profiles",
)
_LINES = st.one_of(
    st.sampled_from(_COMMENTS),
    st.sampled_from(_HEADERS),
    st.builds(
        "{}{} = {}{}".format,
        st.sampled_from(["", "  "]),
        st.sampled_from(_NAMES),
        st.sampled_from(_VALUES),
        st.sampled_from(["", "  # why", "\t"]),
    ),
)
_NEW = (
    st.text(max_size=8)
    | st.integers(-9, 9)
    | st.booleans()
    | st.floats(0, 9)
    | st.lists(st.text(max_size=5), max_size=3)
)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A random document: each line that would break it is left out."""
    text = ""
    for line in draw(st.lists(_LINES, max_size=14)):
        if _is_toml(f"{text}{line}\n"):
            text = f"{text}{line}\n"
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return ("\ufeff" if draw(st.booleans()) else "") + text


def parsed(text: str) -> Any:
    return tomllib.loads(text.removeprefix("\ufeff"))


def leaves(document: Any) -> dict[KeyPath, str]:
    """Everything a document says, by path, in words that tell 1 from true and that are the same for nan and nan."""
    found: dict[KeyPath, str] = {}

    def walk(value: Any, path: KeyPath) -> None:
        if isinstance(value, dict):
            if not value:
                found[path] = "{}"
            for key, inner in value.items():
                walk(inner, (*path, key))
        else:
            found[path] = repr(value)

    walk(document, ())
    return found


def without(said: dict[KeyPath, str], path: KeyPath) -> dict[KeyPath, str]:
    """`said` but for what is at or below `path`, and for the empty tables above it."""
    above = {path[:length] for length in range(len(path))}
    return {
        where: value
        for where, value in said.items()
        if where[: len(path)] != path and not (where in above and value == "{}")
    }


def touched(text: str, path: KeyPath) -> tuple[int, int] | None:
    """First and last line (from 0, the last excluded) of the key, or of the inline table that holds it."""
    text = text.removeprefix("\ufeff")
    for entry in entries(text):
        if not entry.is_header and path[: len(entry.path)] == entry.path:
            return text.count("\n", 0, entry.start), text.count("\n", 0, entry.end) + 1
    return None


def is_above_a_value(document: Any, path: KeyPath) -> bool:
    """Whether something that is no table stands where the path needs one, or a table where it needs a value."""
    return isinstance(value_at(document, path), dict) or any(
        value_at(document, path[:length]) is not None and not isinstance(value_at(document, path[:length]), dict)
        for length in range(1, len(path))
    )


@given(documents(), st.sampled_from(_PATHS), _NEW)
@example("a = 1 # theme = 2\n", ("theme",), "x")
@example("keys = {}\n", ("keys", "theme"), "x")
def test_setting_a_value_changes_that_value_and_no_other_line(text: str, path: KeyPath, value: Any) -> None:
    before = parsed(text)
    assume(not is_above_a_value(before, path))
    after_text = with_value(text, path, value)
    after = parsed(after_text)
    assert repr(value_at(after, path)) == repr(value)
    assert without(leaves(after), path) == without(leaves(before), path)
    assert after_text.startswith("\ufeff") == text.startswith("\ufeff")
    old, new = text.removeprefix("\ufeff").split("\n"), after_text.removeprefix("\ufeff").split("\n")
    if place := touched(text, path):
        first, last = place
        assert new[:first] == old[:first]
        assert new[first:][len(new) - len(old) + last - first :] == old[last:]
    else:
        kept = iter(line.rstrip("\r") for line in new)
        assert all(line.rstrip("\r") in kept for line in old), "the lines that were there keep their order"
        assert len(new) - len(old) <= 4
    if "\r\n" in text:
        assert "\n" not in after_text.replace("\r\n", "")


@given(documents(), st.data())
def test_taking_a_value_out_changes_no_other_line(text: str, data: st.DataObject) -> None:
    before = parsed(text)
    said = [path for path in leaves(before) if path and value_at(before, path) != {}]
    path = data.draw(st.sampled_from(said)) if said else ("theme",)
    assume(said and "list" not in path)
    after_text = without_value(text, path)
    assert value_at(parsed(after_text), path) is None
    assert without(leaves(parsed(after_text)), path) == without(leaves(before), path)
    old, new = text.removeprefix("\ufeff").split("\n"), after_text.removeprefix("\ufeff").split("\n")
    place = touched(text, path)
    assert place is not None
    first, last = place
    assert new[:first] == old[:first]
    assert "\n".join(new).endswith("\n".join(old[last:]))


@given(documents(), st.sampled_from(["theme", "player", "poll_seconds"]), _NEW)
def test_what_was_put_in_and_taken_out_leaves_the_text_as_it_was(text: str, name: str, value: Any) -> None:
    assume(value_at(parsed(text), (name,)) is None)
    assert without_value(with_value(text, (name,), value), (name,)).rstrip("\r\n") == text.rstrip("\r\n")


@given(_NEW)
def test_a_value_is_one_line_of_toml(value: Any) -> None:
    written = toml_value(value)
    assert "\n" not in written
    assert repr(tomllib.loads(f"x = {written}")["x"]) == repr(value)


def changed(text: str, path: str, value: Any) -> str:
    return with_value(text, tuple(path.split(".")), value)


def test_a_new_line_goes_below_its_commented_example() -> None:
    text = example_text()
    old, new = text.split("\n"), changed(text, "theme", "nord").split("\n")
    at = old.index('# theme = "octotui-dark"') + 1
    assert new == [*old[:at], 'theme = "nord"', *old[at:]]
    # The profile's example of the same name is another setting.
    at = old.index('# download_dir = "~/octotui"') + 1
    assert changed(text, "download_dir", "~/x").split("\n") == [*old[:at], 'download_dir = "~/x"', *old[at:]]


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("", "theme", "x", 'theme = "x"\n'),
        ("", "keys.add", "f5", '[keys]\nadd = "f5"\n'),
        ("bell = true", "theme", "x", 'bell = true\ntheme = "x"\n'),
        ("theme = 1  # mine\n", "theme", "x", 'theme = "x"  # mine\n'),
        (
            'player = [\n  "a", # one\n  "b",\n] # two\nbell = true\n',
            "player",
            ["c"],
            'player = ["c"] # two\nbell = true\n',
        ),
        ("# of mine\n\n# panes\n[keys]\n", "theme", "x", '# of mine\n\ntheme = "x"\n# panes\n[keys]\n'),
        ("bell = true\n\n# panes\n[keys]\n", "theme", "x", 'bell = true\ntheme = "x"\n\n# panes\n[keys]\n'),
        ("[keys]\nadd = 'a'\n\n[a]\n", "keys.quit", "q", "[keys]\nadd = 'a'\nquit = \"q\"\n\n[a]\n"),
        ("[a]\n# label = 1\n[b]\n# x\n", "b.label", "q", '[a]\n# label = 1\n[b]\nlabel = "q"\n# x\n'),
        ("[a]\n# label = 1\n# x\n", "a.label", "q", '[a]\n# label = 1\nlabel = "q"\n# x\n'),
        ("# [a]\n# theme = 1\n", "theme", "q", '# [a]\n# theme = 1\ntheme = "q"\n'),
        ("bell = true\n# [a]\n# theme = 1\n", "theme", "q", 'bell = true\ntheme = "q"\n# [a]\n# theme = 1\n'),
        ("keys.a = 'b'\nbell = true\n", "keys.c", "q", "keys.a = 'b'\nkeys.c = \"q\"\nbell = true\n"),
        ("keys = { a = 'b' } # c\n", "keys.c", "q", 'keys = { a = "b", c = "q" } # c\n'),
        ("[profiles]\nlab.theme = 1\n", "profiles.lab.bell", True, "[profiles]\nlab.theme = 1\nlab.bell = true\n"),
        ("[profiles.lab]\n", "profiles.new.bell", True, "[profiles.lab]\n\n[profiles.new]\nbell = true\n"),
    ],
)
def test_where_a_value_goes(text: str, path: str, value: Any, expected: str) -> None:
    assert changed(text, path, value) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("theme = 1  # mine\n", "theme", ""),
        ("# a\n  theme = [\n1, # x\n]\n# b", "theme", "# a\n# b"),
        ("[keys]\na = 1\nb = 2", "keys.b", "[keys]\na = 1\n"),
        ("keys = { a = 1, b = 2 } # c\n", "keys.b", "keys = { a = 1 } # c\n"),
        ("keys = { a = 1 }\n", "keys.a", "keys = {}\n"),
        ("keys.a = 1\n", "keys.a", ""),
    ],
)
def test_what_is_taken_out(text: str, path: str, expected: str) -> None:
    assert without_value(text, tuple(path.split("."))) == expected


@pytest.mark.parametrize(("text", "path"), [("theme.x = 1\n", "theme"), ("[[keys]]\na = 1\n", "keys.a")])
def test_what_no_line_alone_can_change_is_refused(text: str, path: str) -> None:
    with pytest.raises(ValueError, match="octotui config edit opens it"):
        changed(text, path, "x")
