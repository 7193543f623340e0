"""Task references in one line of text that is not JSON: URLs and curl lines, lists of ids, lines of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import unquote

from octotui.gateway.providers import Provider, infer
from octotui.gateway.routes import ROUTES
from octotui.intake.id_shapes import (
    UUID,
    find_ids,
    has_known_shape,
    is_made_up,
    is_of_letters,
    looks_like_id,
    may_hold_letters,
)
from octotui.intake.reference import Reference, usable_id

_STOP = r"\s\"'`<>?#&|,;()\[\]\\"
_KINDS = {
    route.path.removeprefix("/v1/").removesuffix("/{id}"): route.name
    for route in ROUTES.values()
    if route.path.endswith("/{id}")
}
"""The routes whose path ends with the task's id, by what stands before it."""
_PATH = re.compile(rf"/v1/(?P<kind>{'|'.join(_KINDS)})/(?P<id>[^{_STOP}]+)")
_QUERY = re.compile(rf"/v1/video/query(?P<found>[^\s\"'`]{{0,400}}?[?&]id=(?P<id>[^{_STOP}]+))?")
_QUERY_DATA = re.compile(rf"(?<![\w-])id=(?P<id>[^{_STOP}]+)")
_ACTION = re.compile(r"/(?:content|remix|cancel)/?$")

_ANY_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://\S+")
_BULLET = re.compile(r"^\s*(?:[-*•>]|[0-9]{1,6}[.)])\s+")
_BETWEEN = re.compile(r"[\s,;|│]+")
_MODEL = re.compile(r"model(?:_name)?[\"']?\s*[:=]\s*[\"']?(?P<model>[A-Za-z][A-Za-z0-9._/-]{1,99})", re.IGNORECASE)
_NAMED = re.compile(rf"(?:task|video)[_ -]?id[\"']?\s*[:=]\s*[\"']?(?P<id>[^{_STOP}{{}}]+)", re.IGNORECASE)
_OTHER_LABEL = re.compile(
    r"(?:req|request|trace|span|session|correlation|conn|connection|user|account|instance|pod|host|batch|run)"
    r"(?:[_ -]?(?:id|uuid))?[\"']?\s*[:=#]?\s*[\"'(\[]*$",
    re.IGNORECASE,
)

_MOST_URLS = 200
"""In one line."""
_CAN_HOLD_ID = re.compile("[0-9]|/v1/|[A-Za-z]{16}")
"""Any other line is told from an id at a glance, and most lines are."""

_WORD = re.compile(r"[A-Za-z0-9._:+/~-]{6,511}={0,2}")
_NO_ID = re.compile(
    r"(?!\d{15,}$)[\d.,:/+_TZ-]+"  # numbers, dates, times, versions, addresses; long numbers are some vendors' ids
    r"|v?\d+(?:\.\d+)+\S*"
    r"|[\d.]+(?:ms|s|m|h|d|b|kb|mb|gb|kib|mib|gib|x|fps|px|p|k)(?:/s)?"
    r"|\d{1,5}x\d{1,5}"
    r"|[~.]?/.*"
    r"|.*\.[A-Za-z][A-Za-z0-9]{1,4}"
    r"|(?:sk|pk|ak)-.*"
    r"|(?:video|task)_.*",  # those that are ids are known by their shape
    re.IGNORECASE,
)

_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9._:/=-])(?P<prefix>[A-Za-z][A-Za-z0-9._-]{0,60}+):(?P<core>[A-Za-z0-9_-]{4,400}+)(?!\.?[A-Za-z0-9:/=])"
)
_FEWEST_DIGITS = 2
"""In what follows a known prefix: `grok:8f3a` is an id, `wan:eth0` and `grok:retry3` are not."""


def is_nothing_but_ids(text: str, providers: Sequence[Provider]) -> bool:
    """Whether a whole text lists ids and models, some in letters only: there, `video_aaa` is an id and no word."""
    if not may_hold_letters(text):
        return False
    words = (word for line in text.splitlines() for word in _words(line))
    return all(
        is_of_letters(word)
        or _whole_id(word, providers) is not None
        or (_is_model(word, providers) and any(map(str.isdigit, word)))
        or _may_be_id(word)
        for word in words
    )


def references(line: str, providers: Sequence[Provider], *, among_ids: bool = False) -> list[Reference]:
    """Return the tasks one line names: those of its URLs, else all of a list of ids, else what is shaped like an id.

    `among_ids` says that the text it is from `is_nothing_but_ids`.
    """
    if not among_ids and _CAN_HOLD_ID.search(line) is None:
        return []
    model = named_model(line)
    return (
        from_urls(line, model)
        or _from_list(line, providers, among_ids=among_ids)
        or [Reference(task_id, "log", model or _only_model(line, providers)) for task_id in _from_log(line, providers)]
    )


def named_model(line: str) -> str | None:
    """Return the model a text names (`model=sora-2`, `"model": "sora-2"`), None when it names none or several."""
    models = {match["model"] for match in _MODEL.finditer(line)}
    return models.pop() if len(models) == 1 else None


def left_over(line: str, found: Sequence[Reference], providers: Sequence[Provider]) -> list[str]:
    """Return the words of a line with tasks in it that look like ids, too, but were not taken for any."""
    taken = {reference.id for reference in found}
    return [
        word
        for word in _words(_ANY_URL.sub(" ", line))
        if word not in taken and (looks_like_id(word) or _is_prefixed(word, providers))
    ]


def from_urls(line: str, model: str | None = None) -> list[Reference]:
    """Return the tasks whose URLs stand in a line, each with its route; ids are decoded, `/content` is dropped."""
    return [Reference(task_id, "URL", model, route) for task_id, route in _routes(line)]


def _routes(line: str) -> Iterator[tuple[str, str]]:
    if "/v1/" not in line:
        return
    for match in islice(_PATH.finditer(line), _MOST_URLS):
        if (task_id := _decoded(_ACTION.sub("", match["id"]))) is not None:
            yield task_id, _KINDS[match["kind"]]
    for match in islice(_QUERY.finditer(line), _MOST_URLS):
        # `curl -G …/v1/video/query --data-urlencode id=…`
        told = match if match["found"] else _QUERY_DATA.search(line[match.end() : match.end() + 2000])
        if told is not None and (task_id := _decoded(told["id"])) is not None:
            yield task_id, "query"


def _decoded(written: str) -> str | None:
    if re.search(r"[{}$]", written):
        return None
    try:
        return usable_id(unquote(written, errors="strict").rstrip(".:"))
    except UnicodeDecodeError:
        return None


def _from_list(line: str, providers: Sequence[Provider], *, among_ids: bool) -> list[Reference]:
    """Return the ids of a line that holds nothing but ids and models' names; empty when there is anything else."""
    ids: list[str] = []
    models: list[str] = []
    for word in _words(line):
        if (task_id := _whole_id(word, providers)) is not None:
            ids.append(task_id)
        elif _is_model(word, providers):
            models.append(word)
        elif _may_be_id(word) or (among_ids and is_of_letters(word)):
            ids.append(word)
        else:
            return []
    model = models[0] if len(models) == 1 else None
    return [Reference(task_id, "id", model) for task_id in ids]


def _words(line: str) -> Iterator[str]:
    for word in _BETWEEN.split(_BULLET.sub("", line)):
        bare = word.strip("\"'`()[]<>").rstrip(".:")
        if bare:
            yield bare


def _whole_id(word: str, providers: Sequence[Provider]) -> str | None:
    if not has_known_shape(word):
        return None
    prefix, colon, core = word.rpartition(":")
    return _with_prefix(prefix, core, providers) if colon else word


def _is_model(word: str, providers: Sequence[Provider]) -> bool:
    if len(word) > 100 or re.search(r"\d{6}|:", word) is not None:
        return False
    # `wan` is a model's name, and so are `wan2.6` and `wan-pro`; `want` is none.
    is_name = re.search(r"[\d-]", word) is not None or any(
        word.lower() == prefix.lower() for each in providers for prefix in each.model_prefixes
    )
    return is_name and infer(providers, "", word) is not None


def _only_model(line: str, providers: Sequence[Provider]) -> str | None:
    models = {word for word in _words(line) if _is_model(word, providers) and any(map(str.isdigit, word))}
    return models.pop() if len(models) == 1 else None


def _may_be_id(word: str) -> bool:
    """Whether a word without a known shape can be an id: not a plain word, number, date, size, path, file or key."""
    has_digit = any(map(str.isdigit, word))
    return (
        has_digit and _WORD.fullmatch(word) is not None and _NO_ID.fullmatch(word) is None and usable_id(word) == word
    )


def _from_log(line: str, providers: Sequence[Provider]) -> list[str]:
    text = _ANY_URL.sub(" ", line)
    found = [
        task_id
        for match in _NAMED.finditer(text)
        if (task_id := usable_id(match["id"])) is not None and (has_known_shape(task_id) or _may_be_id(task_id))
    ]
    bare_uuids: list[str] = []
    for prefix, core, position in find_ids(text):
        is_uuid = re.fullmatch(UUID, core) is not None
        task_id = _with_prefix(prefix, core, providers) if prefix else core
        if task_id is None:
            continue
        if not is_uuid or task_id != core:
            found.append(task_id)
        elif not _OTHER_LABEL.search(text[max(position - 60, 0) : position + len(prefix or "")]):
            bare_uuids.append(core)
    known = set(found)
    found += [task_id for task_id in _behind_prefix(text, providers) if task_id.rpartition(":")[2] not in known]
    # Beside an id of the gateway's own making, a UUID is most likely the request's.
    return list(dict.fromkeys(found or bare_uuids))


def _is_prefixed(word: str, providers: Sequence[Provider]) -> bool:
    prefix, colon, core = word.partition(":")
    return bool(colon and core) and len(word) <= 100 and infer(providers, f"{prefix}:", prefix) is not None


def _behind_prefix(text: str, providers: Sequence[Provider]) -> Iterator[str]:
    """Yield what begins as only one provider's ids do (`grok:8f3a`, `acme-8f3a`), however short the rest is."""
    for match in _PREFIXED.finditer(text):
        prefix, core = match["prefix"], match["core"]
        if _is_machines(core) and infer(providers, f"{prefix}:{core}", prefix) is not None:
            yield match[0]
    beginnings = tuple(
        prefix.lower() for each in providers for prefix in each.id_prefixes if prefix and prefix[-1] in "-_"
    )
    for word in _words(text):
        begun = next((prefix for prefix in beginnings if word.lower().startswith(prefix)), None)
        if begun is not None and _is_machines(word[len(begun) :]) and not _is_model(word, providers):
            yield word


def _is_machines(core: str) -> bool:
    """Whether what follows a known prefix is a machine's making, and no number, date, size or word."""
    return (
        re.fullmatch(r"[A-Za-z0-9_-]{4,400}", core) is not None
        and sum(map(str.isdigit, core)) >= _FEWEST_DIGITS
        and _NO_ID.fullmatch(core) is None
        and is_made_up(core)
    )


def _with_prefix(prefix: str, core: str, providers: Sequence[Provider]) -> str | None:
    """Return `prefix:core` when the prefix is a provider's or a model's, `core` when it is a label (`id:video_…`)."""
    whole = f"{prefix}:{core}"
    if infer(providers, whole, None) is not None or infer(providers, "", prefix) is not None:
        return whole
    return core if has_known_shape(core) else None
