"""Ways of writing names and values that are told by a mark, written as `name: value` and rows instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import unquote

from octotui.intake.cleaning.markup_tables import MOST_LINES, ascii_doc, bb_code, doku_wiki, list_table, media_wiki
from octotui.intake.labels import Label, label_of

_TABLE_ROW = re.compile(r"<tr\b[^>]{0,300}>((?:(?!<tr\b).){0,20000}?)</tr>\s{0,200}", re.DOTALL | re.IGNORECASE)
_TABLE_TAG = re.compile(r"</?(?:table|(?P<part>thead|tbody|tfoot))\b[^<>]{0,300}>\s{0,200}", re.IGNORECASE)
_TABLE_CELL = re.compile(r"<t[dh]\b[^>]{0,300}>((?:(?!<t[dh]\b).){0,5000}?)</t[dh]>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,500}>")
_FIELD = re.compile(r"<([A-Za-z][\w.-]{0,40})>([^<>]{1,2000})</\1>")
_NAME_TAG = re.compile(
    r"<(key|name|dt|field)>([^<>]{1,60})</\1>\s{0,200}<([A-Za-z]\w{0,20})>([^<>]{1,2000})</\3>", re.IGNORECASE
)
"""A property list's `<key>`, and its kin: a name in one element, its value in the next."""
_NAMED_TAG = re.compile(
    r"<\w{1,20} (?:name|key|id|property|field)=[\"']([\w. -]{1,60})[\"'][^<>]{0,100}>([^<>]{1,2000})</\w{1,20}>"
)
_ELEMENT = re.compile(
    r"<(?P<name>[A-Za-z][\w.-]{0,40})(?P<attributes>(?:\s+[\w:.-]{1,40}=(?:\"[^\"<>]{0,400}\"|'[^'<>]{0,400}'))*)\s*>"
    r"(?P<held>[^<>]{1,8000})</(?P=name)>"
)
_ATTRIBUTE = re.compile(r"\s[\w.-]{1,40}=\"")
_FORM = re.compile(r"^[\w.\[\]-]{1,60}=[^&\s?/]*(?:&[\w.\[\]-]{1,60}=[^&\s]*)+$", re.MULTILINE)
_GO_TYPE = re.compile(r"\([\w.*]{1,60}\)\s(?:\(len=\d+\)\s)?(?=[\"\d])")
_PHP = re.compile(r"\[[\"']?(\w{1,60})[\"']?(?::\w+)*\][ \t]*=>\s*(?:string\(\d+\)\s*)?")
_PHP_OBJECT = re.compile(r"\b(?:a:\d{1,6}|O:\d{1,6}:\"[^\"]{1,200}\":\d{1,6}):(?=\{)")
_STREAMED = re.compile(
    r"^\[\[((?:\"[\w-]{1,60}\"|\d{1,9})(?:,(?:\"[\w-]{1,60}\"|\d{1,9})){0,12})\],(\S.*)\]$", re.MULTILINE
)
"""`[["data",0,"id"],"…"]`: a path and its value, as `jq --stream` writes them."""
_ALIGNED = re.compile(r"\|(?:[_<>=^~]|[\\/]\d){1,4}\.(?=\s)")
"""Before the cells of Textile."""
_IS = re.compile(
    r"(?:(?<=[Ii][Dd])|(?<=[号號]))[\"'`]? ?(?:[为為是はが는은]|(?:ist|lautet|est|es|é|è|är)(?= )):?\s?"
    r"(?=[ \"'`:]{0,4}[\w-]{0,40}\d)"
)
"""`任务ID为 73…`, `die Task-ID ist …`: between the name of an id and the id."""
_WHERE = re.compile(
    r"\b(?:FROM|UPDATE)[ \t]{1,8}(?:\w{1,60}\.)?[\"`\[]?(?P<table>\w{1,60})[\"`\]]?"
    r"(?:(?!FROM\b|UPDATE\b)[^;\n]){0,400}?\sWHERE[ \t]{1,8}(?=[\"`\[]?id\b)",
    re.IGNORECASE,
)
_AMONG = re.compile(r"\b(\w{1,60})[\"`\]]?[ \t]{1,8}(?:NOT[ \t])?IN[ \t]{0,8}(?=\([\s'\"\d])", re.IGNORECASE)
"""`WHERE task_id IN ('…', '…')`."""
_IS_IN = re.compile(r"\b(\w{1,60})(?:[\"']\])?\.(?:isin|in_)\(")
_BINARY = re.compile(r"<<(\"[^\"<>]{0,2000}\")>>")
_CARET = re.compile(r"\^(?=[\"&<>|^%{}])|[ \t]\^(?=\n)")
_PHP_INDEX = re.compile(r"([{};])i:\d{1,9};(?=[aO]:)")
_PHP_PAIR = re.compile(
    r"(?<=[{;}])s:\d{1,6}:(\"[^\"]{1,60}\");(?:s:\d{1,6}:(\"[^\"]{0,4000}\");|[ibd]:([\d.-]{1,24});|N;|(?=[aO]:))"
)
_BOLD_LABEL = re.compile(r"\*{1,2}([^*\n:]{1,40})(?::\*{1,2}|\*{1,2}:)")
_ASKED = re.compile(
    r"^(?:In ?\[\d+\]:|>>>|[ \t]*\.{3,}:|(?:\[\d+\][ ])?"
    r"(?:irb|pry|iex|php|julia|scala|ghci|user)?(?:\([^()\n]{0,40}\))?[:\d]{0,9}[=*]?>[ ])"
    r"(?:[^\n]{0,400}?[^\w\n-])??(?:\w{1,60}\.(?=request_?id))?"
    r"(?P<name>[\w-]{1,80}(?:\.\w{1,60})?)(?:[\"']\])?(?:\[\d{1,9}\])?\)?;?[ \t]*\n\n?"
    r"(?:Out\[\d+\]:\s{0,4}|=>?[ ]|\[1\][ ])?(?=([\"'])[^\s\"']{1,600}\2[ \t]*$|\[[\"'])",
    re.MULTILINE | re.IGNORECASE,
)
"""What was asked at a prompt, before the string that answers it."""
_ECHOED = re.compile(
    r"^(?P<asked>[^\n$%❯]{0,60}[$%❯][ ][^\n]{0,600}?[\[\"'.${](?P<name>[A-Za-z]\w{1,60})[}\"'\]]{0,3}[ \t]*)\n"
    r"(?=[\"']?[\w:.-]{6,300}[\"']?[ \t]*$)",
    re.MULTILINE,
)
"""What a shell was asked to print, before what it printed: `$ … | jq -r .task_id`, `$ echo $TASK_ID`."""
_LEADERS = re.compile(
    r"^([ \t]{0,40}[^\W\d](?:[ -]?\w){0,40})[ \t]?(?:\.{4,}|(?: ?\.){4,}|·{3,}|_{4,})[ \t]*:?[ \t]*(?=[\w\"'])",
    re.MULTILINE,
)
"""Dots from a name to its value."""
_ESCAPED_MARK = re.compile(r"(?<=\w)\\(?=[_.:-])")
"""Before the underscores of Markdown and LaTeX."""
_TEX_ROW = re.compile(
    r"^([^\n&\\]{1,400}(?:&[^\n&\\]{0,400}){1,40})\\\\[ \t]*(?:\\\w{1,20}[^\n]{0,40})?$", re.MULTILINE
)
_TEX_RULE = re.compile(r"^[ \t]*\\(?:hline|toprule|midrule|bottomrule|cline\{[\d-]*\})[ \t]*\n", re.MULTILINE)
_PATH_LINE = re.compile(
    r"(?P<path>[A-Za-z_$][\w$-]{0,60}(?:\.[\w$-]{1,60}|\[\d{1,9}\]){0,12})\."
    r"(?P<name>[A-Za-z_][\w-]{0,60})[ \t]*[=:][ \t]*(?P<value>\S.*)"
)
"""`json.data[0].id = "…";`: one line a value, with the path to it."""
_SERIES = re.compile(r"^Name: ([A-Za-z_][\w .-]{0,60}), (?:Length: \d+, )?dtype: \S+[ \t]*$", re.MULTILINE)
"""A column of a data frame: its name stands below it."""
_R_STRUCTURE = re.compile(r"^[ \t.]*\$ ?(\w{1,60})[ \t]*:[ \t]*(?:chr|num|int|logi)[ \t]+(?=\S)", re.MULTILINE)
_R_LIST = re.compile(r"^\$(\w{1,60})\n\[1\] ([^\n]*)\n*", re.MULTILINE)
"""What R prints of a list, by `str` and by itself."""
_FORMATTING = re.compile(
    r"</?(?:b|strong|i|em|u|code|span|small|tt|kbd|samp|mark|font)(?: (?:class|style)=[\"'][^<>]{0,200})?>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(
    r"(?:</?(?:li|ul|ol|dl|p|div|br|h[1-6]|section)(?: (?:class|style)=[\"'][^<>]{0,200})? ?/?>\s{0,80}){1,40}",
    re.IGNORECASE,
)
_INDEX = re.compile(r"\[\d+\]|\.\d+(?=\.|\Z)")


def _cells(match: re.Match[str]) -> str:
    """Return a row of an HTML table as a row of a Markdown one."""
    cells = [" ".join(_TAG.sub(" ", cell).split()) for cell in _TABLE_CELL.findall(match[1])]
    return f"| {' | '.join(cells)} |\n" if cells else match[0]


def _elements(text: str) -> str:
    text = _TABLE_TAG.sub(lambda tag: "" if tag["part"] else "\n", _TABLE_ROW.sub(_cells, text))
    text = _BLOCK_TAG.sub("\n", _FORMATTING.sub("", text))
    text = _NAMED_TAG.sub(r' \1="\2" ', _NAME_TAG.sub(r' \2="\4" ', text))
    return _ELEMENT.sub(_record, _FIELD.sub(r' \1="\2" ', text))


def _record(match: re.Match[str]) -> str:
    """Return an element that holds fields as one line of them."""
    said = f"{match['attributes']} {match['held']}"
    return f"\n{match['name']} {{{' '.join(said.split())}}}\n" if _ATTRIBUTE.search(match["held"]) else match[0]


def _serialized(text: str) -> str:
    return _PHP_OBJECT.sub("", _PHP_PAIR.sub(_php_pair, _PHP_INDEX.sub(r"\1", text)))


def _php_pair(match: re.Match[str]) -> str:
    name, string, number = match.groups()
    value = string or number
    return f" {name}: {value}, " if value is not None else f" {name}: "


def _answered(text: str) -> str:
    return _ASKED.sub(r"\g<name> = ", text)


def _echoed(match: re.Match[str]) -> str:
    is_id = label_of(match["name"]) in {Label.TASK, Label.OTHER}
    return f"{match['asked']}\n{match['name']}: " if is_id else match[0]


def _tex_rows(text: str) -> str:
    return _TEX_ROW.sub(lambda row: f"| {row[1].replace('&', '|')} |", _TEX_RULE.sub("", text))


def _said(text: str) -> str:
    return _IS.sub(": ", text)


def _of_table(match: re.Match[str]) -> str:
    """Return the beginning of a statement with the table's name before the `id` that is asked for."""
    owner = f"{match['table']}_"
    return match[0] + owner if label_of(f"{owner}id") in {Label.TASK, Label.OTHER} else match[0]


def _columns_below_names(text: str) -> str:
    """Return columns of data frames with their names above them."""
    if text.count("\n") > MOST_LINES:
        return text
    lines = text.split("\n")
    begun = 0
    for at, line in enumerate(lines):
        match = _SERIES.fullmatch(line) if line.startswith("Name: ") else None
        if match is not None and begun < at and label_of(match[1]) is not None:
            values = [each.split(None, 1)[1] for each in lines[begun:at]]
            lines[begun : at + 1] = [match[1], *values]
        if len(line.split(None, 1)) < 2 or match is not None:
            begun = at + 1
    return "\n".join(lines)


def _path_of(match: re.Match[str]) -> str:
    steps = [f"[{step}]" if step.isdigit() else f".{step.strip(chr(34))}" for step in match[1].split(",")]
    return f"{''.join(steps).lstrip('.')} = {match[2]}"


def _under_paths(text: str) -> str:
    """Return lines that each begin with the path to one value as sections, one a path, of names and values."""
    if text.count("\n") > MOST_LINES:
        return text
    written: list[str] = []
    path = None
    for line in text.split("\n"):
        match = _PATH_LINE.fullmatch(line) if len(line) <= 4000 else None
        if match is None or _INDEX.search(match["path"]) is None:
            written.append(line)
            path = None
            continue
        if match["path"] != path:
            path = match["path"]
            written.append(f"[{_INDEX.sub('.item', path).replace('$', '')}]")
        written.append(f"{match['name']} = {match['value'].rstrip(';')}")
    return "\n".join(written)


_WRITINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("%7B%22", lambda text: unquote(text, errors="replace")),
    ('^"', lambda text: _CARET.sub("", text)),
    ('<<"', lambda text: _BINARY.sub(r"\1", text)),
    *(
        (mark, _said)
        for mark in ("为", "為", "是", "は", "が", "는", "은", " ist ", " lautet ", " est ", " es ", " é ", " è ")
    ),
    (" WHERE ", lambda text: _WHERE.sub(_of_table, text)),
    (" where ", lambda text: _WHERE.sub(_of_table, text)),
    (".isin(", lambda text: _IS_IN.sub(r"\1 = (", text)),
    (".in_(", lambda text: _IS_IN.sub(r"\1 = (", text)),
    (" IN (", lambda text: _AMONG.sub(r"\1 = ", text)),
    (" in (", lambda text: _AMONG.sub(r"\1 = ", text)),
    ("[/td]", bb_code),
    ("^ ", doku_wiki),
    ("|===", ascii_doc),
    ("{|", media_wiki),
    ("list-table::", list_table),
    ("|_.", lambda text: _ALIGNED.sub("|", text)),
    ('[["', lambda text: _STREAMED.sub(_path_of, text)),
    ("&quot;", lambda text: unescape(text) if text.count("&quot;") > text.count('"') else text),
    ("&", lambda text: _FORM.sub(lambda form: form[0].replace("&", ", "), text)),
    ("</", _elements),
    ("(len=", lambda text: _GO_TYPE.sub("", text)),
    ("> ", _answered),
    ("In [", _answered),
    ("$ ", lambda text: _ECHOED.sub(_echoed, text)),
    ("% ", lambda text: _ECHOED.sub(_echoed, text)),
    ("❯ ", lambda text: _ECHOED.sub(_echoed, text)),
    ("*", lambda text: _BOLD_LABEL.sub(r"\1:", text)),
    ("{s:", _serialized),
    ("=>", lambda text: _PHP.sub(r"\1 => ", text)),
    ("\\", lambda text: _ESCAPED_MARK.sub("", text)),
    ("\\\\", _tex_rows),
    ("....", lambda text: _LEADERS.sub(r"\1: ", text)),
    ("$ ", lambda text: _R_STRUCTURE.sub(r"\1: ", text)),
    ("\n[1] ", lambda text: _R_LIST.sub(r"\1: \2\n", text)),
    (", dtype: ", _columns_below_names),
    (". . .", lambda text: _LEADERS.sub(r"\1: ", text)),
    ("0].", _under_paths),
    (".0.", _under_paths),
)
"""Marks, and how what is told by one is written; in this order."""


def rewritten(text: str) -> str:
    """Return the text with every such way of writing undone; JSON is none: its strings are read one by one."""
    is_checked = False
    for mark, written in _WRITINGS:
        if mark not in text:
            continue
        if not is_checked and _is_json(text):
            return text
        is_checked = True
        text = written(text)
    return text


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
