from __future__ import annotations

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from octotui.config.toml_lines import key_lines, line_of

TEXT = '''\
# theme = "not this one"
theme = "x" # player = 1
list = [ # [nor] this
  "a]", # b = 2
  'c',
]
text = """
[fake]
fake = 1
"""
'quoted key' = 1
"esc\\u0061ped" = 2
a.b . "c d" = 3
inline = { x = 1, y = { z = "}" } }

[ providers . "kling" ]   # header = 1
route = \'\'\'
multi = "line"
\'\'\'
after = 1
[[list2]]
n = 1
[[list2]]
n = 2
'''


def test_lines_are_those_of_the_keys() -> None:
    tomllib.loads(TEXT)
    found = key_lines(TEXT)
    expected = {
        ("theme",): 2,
        ("list",): 3,
        ("text",): 7,
        ("quoted key",): 11,
        ("escaped",): 12,
        ("a", "b", "c d"): 13,
        ("inline",): 14,
        ("providers", "kling"): 16,
        ("providers", "kling", "route"): 17,
        ("providers", "kling", "after"): 20,
        ("list2",): 21,
        ("list2", "n"): 22,
    }
    assert {path: found.get(path) for path in expected} == expected
    assert not any("fake" in path or "nor" in path or "header" in path for path in found)


def test_what_is_inside_an_inline_table_is_on_its_line() -> None:
    assert line_of(key_lines(TEXT), ("inline", "y", "z")) == 14
    assert line_of(key_lines(TEXT), ("providers", "kling", "missing")) == 16
    assert line_of(key_lines(TEXT), ("missing",)) is None


_KEYS = st.text("abcXYZ019-_", min_size=1, max_size=6) | st.text(min_size=1, max_size=6)
_VALUES = st.sampled_from(
    ["1", '"a # b"', "'[x]'", '"""\n[t]\nk = 1\n"""', "[\n1, # c\n2\n]", "{ k = 1 }", "'''\n'a' = 2\n'''"]
)


@given(st.lists(st.tuples(_KEYS, _VALUES, st.booleans()), max_size=8))
def test_every_key_of_any_document_is_found_where_it_stands(entries: list[tuple[str, str, bool]]) -> None:
    lines: list[str] = []
    expected: dict[str, int] = {}
    for key, value, is_spaced in entries:
        if key in expected:
            continue
        if is_spaced:
            lines += ["", "   # x = 1"]
        expected[key] = len(lines) + 1
        written = json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")
        lines += f"{written} = {value}".split("\n")
    text = "\n".join(lines)
    document = tomllib.loads(text)
    assert set(document) == set(expected)
    found = key_lines(text)
    assert {key: found[key,] for key in expected} == expected
