"""Task references in one line of text that is not JSON: URLs and curl lines, lists of ids, lines of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from octotui.gateway.providers import Provider, infer
from octotui.intake.id_shapes import (
    UUID,
    find_ids,
    has_known_shape,
    has_own_shape,
    is_foreign,
    is_made_up,
    is_of_letters,
    is_uuid,
    looks_like_id,
    may_hold_letters,
)
from octotui.intake.labels import ID_LABELS, label_of, words
from octotui.intake.models import WHOLE_NAME, id_beginnings, is_model
from octotui.intake.paths import from_urls
from octotui.intake.reference import Reference, usable_id

_STOP = r"\s\"'`<>?#&|,;()\[\]\\"

_ANY_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://\S+")
_HOLDS_UUID = re.compile(UUID)
_PARAMETER = re.compile(r"(?<=[?&])[\w.\[\]-]{1,60}=[^\s&\"']*")
_BULLET = re.compile(r"^\s*(?:[-*•>]|[0-9]{1,6}[.)])\s+|^[0-9]{1,6}:(?=[a-z])")
_BETWEEN = re.compile(r"[\s,;|│]+")
_MODEL = re.compile(r"model(?:_name)?[\"']?\s*[:=]\s*[\"']?(?P<model>[A-Za-z][A-Za-z0-9._/-]{1,99})", re.IGNORECASE)
_NAMED = re.compile(
    rf"(?<![A-Za-z])(?P<before>[A-Za-z]{{1,20}}+[ _-])?(?:task|video|job|generation|prediction)[ _-]?id[\"']?"
    rf"\s*(?:is|[:=]={{0,2}}>?)\s*[\"'`]?(?P<id>[^{_STOP}{{}}]+)",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?<![A-Za-z0-9])(?P<before>[A-Za-z]{1,20}+[ _-])?(?P<label>task|video|job|generation|prediction|request|id)"
    r"(?P<id_word>[ _-]?(?:id|uuid))?[\"']?\s*(?:is|was|[:=#]>?|->|→)?\s*[\"'`(\[{<#]*"
    rf"(?P<id>{UUID}|[0-9]{{9,24}})(?![A-Za-z0-9_-]|[.:][0-9])",
    re.IGNORECASE,
)
_POINTED_AT = re.compile(
    rf"(?<![\w./-])(?P<model>[A-Za-z][A-Za-z0-9._/-]{{2,60}}+)[\"'`]?\s*(?:[=-]>|→|[:=])\s*[\"'`]?(?P<id>{UUID})(?![\w-])"
)
_SPOKEN_OF = re.compile(
    rf"(?<![A-Za-z])(?:task|video|job|generation|prediction)(?:[ _-]?id)?"
    rf"(?P<between> [A-Za-z0-9 .-]{{1,40}}?)(?: is|:|=) ?[\"'`]?(?P<id>{UUID})(?![\w-])",
    re.IGNORECASE,
)
"""`the task id for the Grok clip is …`."""
_OF_WORK = re.compile(
    r"submit|creat|queue|start|defer|generat|video|grok|xai|poll|pending|render|imagine|seedance|veo|sora|kling|fal\b",
    re.IGNORECASE,
)
"""Words beside a `request_id` that can be a task's: those of a mere access log have none."""

_CAN_HOLD_ID = re.compile("[0-9]|/v1/|[A-Za-z]{16}")
"""Any other line is told from an id at a glance, and most lines are."""

_WORD = re.compile(r"[A-Za-z0-9._:+/~-]{6,511}={0,2}")
_NO_ID = re.compile(
    r"(?!\d{15,}$)[\d.,:/+_TZ-]+"  # numbers, dates, times, versions, addresses; long numbers are some vendors' ids
    r"|v?\d+(?:\.\d+)+\S*"
    r"|[\d.]+(?:ms|s|m|h|d|b|kb|mb|gb|kib|mib|gib|x|fps|px|p|k)(?:/s)?"
    r"|\d{1,5}x\d{1,5}"
    r"|[a-z]{2,12}2[a-z]{2,12}"  # `image2video`
    r"|[~.]?/.*|.*/v\d+/.*"
    r"|.*\.[A-Za-z][A-Za-z0-9]{1,4}(?::\d+)*(?::.*)?"
    r"|[^:]*:[^:]*:.*|[^:]*:v?\d+(?:\.\d+)+\S*"  # places in sources, marks of logs, images of containers
    r"|(?:sk|pk|ak)-.*"
    r"|[A-Za-z]{2,10}-\d{1,5}"  # of a ticket
    rf"|[^:]*:(?:{UUID}|\+\d+)"  # `UID:05c8…`, `TEL:+49…`; prefixes of providers are read before
    r"|sha\d+:.*|(?:.*/)?(?:video|task)_.*",  # those that are ids are known by their shape
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
        or (is_model(word, providers) and any(map(str.isdigit, word)))
        or _may_be_id(word)
        for word in words
    )


def references(
    line: str, providers: Sequence[Provider], *, among_ids: bool = False, uuids_stand_alone: bool = False
) -> list[Reference]:
    """Return the tasks one line names: those of its URLs, else all of a list of ids, else what is shaped like an id.

    `among_ids` says that the text it is from `is_nothing_but_ids`; `uuids_stand_alone` that a UUID needs no label.
    """
    if not among_ids and _CAN_HOLD_ID.search(line) is None:
        return []
    found = (
        from_urls(line)
        or _from_list(line, providers, among_ids=among_ids, uuids_stand_alone=uuids_stand_alone)
        or _from_log(line, providers)
    )
    if not found or found[0].source == "id":
        return found
    model = model_of(line, providers)
    if model is None:
        return found
    return [reference if reference.model else replace(reference, model=model) for reference in found]


def is_list(lines: Sequence[str], providers: Sequence[Provider]) -> bool:
    """Whether a whole text is a list of ids and models: there, a bare UUID needs no label."""
    if not any(map(_HOLDS_UUID.search, lines)):
        return False
    return all(
        is_uuid(word) or _whole_id(word, providers) is not None or is_model(word, providers) or _may_be_id(word)
        for line in lines
        for word in _words(line)
    )


def is_about_work(line: str, task_id: str) -> bool:
    """Whether a line with a `request_id` in it is about making something, or says nothing else at all."""
    rest = re.sub(r"request[ _-]?id", " ", line.replace(task_id, " "), flags=re.IGNORECASE)
    return _OF_WORK.search(rest) is not None or re.search(r"[A-Za-z0-9]{2,}", re.sub(r"\w+\(", " ", rest)) is None


def named_model(line: str) -> str | None:
    """Return the model a text names (`model=sora-2`, `"model": "sora-2"`), None when it names none or several."""
    models = {match["model"] for match in _MODEL.finditer(line)}
    return models.pop() if len(models) == 1 else None


def model_of(line: str, providers: Sequence[Provider]) -> str | None:
    """Return the only model that a line names, with a label or without one; None where there are several."""
    return named_model(line) or _only_model(line, providers)


def left_over(line: str, found: Sequence[Reference], providers: Sequence[Provider]) -> list[str]:
    """Return the words of a line with tasks in it that look like ids, too, but were not taken for any."""
    taken = {reference.id for reference in found}
    return [
        word
        for word in _words(_ANY_URL.sub(" ", line))
        if word not in taken and (looks_like_id(word) or _is_prefixed(word, providers))
    ]


def _from_list(
    line: str, providers: Sequence[Provider], *, among_ids: bool, uuids_stand_alone: bool
) -> list[Reference]:
    """Return the ids of a line that holds nothing but ids and models' names; empty when there is anything else."""
    ids: list[str] = []
    models: list[str] = []
    for word in _words(line):
        if (task_id := _whole_id(word, providers)) is not None:
            ids.append(task_id)
        elif is_model(word, providers):
            models.append(word)
        elif _may_be_id(word) or (among_ids and is_of_letters(word)):
            ids.append(word)
        else:
            return []
    model = models[0] if len(models) == 1 else None
    return [Reference(task_id, "id", model) for task_id in ids if uuids_stand_alone or model or not is_uuid(task_id)]


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


def _only_model(line: str, providers: Sequence[Provider]) -> str | None:
    models = {word for word in _words(line) if is_model(word, providers) and WHOLE_NAME.search(word)}
    return models.pop() if len(models) == 1 else None


def _may_be_id(word: str) -> bool:
    """Whether a word without a known shape can be an id: not a plain word, number, date, size, path, file or key."""
    has_digit = any(map(str.isdigit, word))
    return (
        has_digit
        and "://" not in word
        and _WORD.fullmatch(word) is not None
        and _NO_ID.fullmatch(word) is None
        and not is_foreign(word)
        and usable_id(word) == word
    )


def _from_log(line: str, providers: Sequence[Provider]) -> list[Reference]:
    text = _PARAMETER.sub(" ", _ANY_URL.sub(" ", line))
    found = [
        task_id
        for match in _NAMED.finditer(text)
        if not _is_of_other(match["before"])
        and (task_id := usable_id(match["id"].rstrip(".:"))) is not None
        and (has_own_shape(task_id) or _may_be_id(task_id))
    ]
    for prefix, core, position in find_ids(text):
        task_id = _with_prefix(prefix, core, providers) if prefix else core
        if task_id is not None and not is_uuid(task_id) and not _is_in_path(text, position):
            found.append(task_id)
    known = set(found)
    found += [task_id for task_id in _behind_prefix(text, providers) if task_id.rpartition(":")[2] not in known]
    labelled = [*_labelled(text), *_behind_model(text, providers)] if not found else []
    return [*(Reference(task_id, "log") for task_id in dict.fromkeys(found)), *labelled]


def _labelled(text: str) -> Iterator[Reference]:
    """Yield the UUIDs and long numbers that a task's label stands before: no other label, and no row's number."""
    for match in _LABELLED.finditer(text):
        label = match["label"].lower()
        task_id = match["id"]
        is_request = label == "request" or (match["before"] or "").lower().startswith("request")
        if _is_of_other(match["before"]) or (task_id.isdigit() and len(task_id) < (15 if label == "id" else 9)):
            continue
        if is_request and (task_id.isdigit() or not _asks_for_work(text, match)):
            continue
        yield Reference(task_id, "log", is_weak=is_request)


def _behind_model(text: str, providers: Sequence[Provider]) -> Iterator[Reference]:
    """Yield the UUIDs that the name of a model points at: `created grok-video-3 -> c24b…`."""
    for match in _POINTED_AT.finditer(text):
        if is_model(match["model"], providers):
            yield Reference(match["id"], "log", match["model"])
    for match in _SPOKEN_OF.finditer(text):
        if not _OTHER_WORDS & set(match["between"].lower().split()):
            yield Reference(match["id"], "log")


def _asks_for_work(text: str, match: re.Match[str]) -> bool:
    """Whether what stands around a labelled request is about making something, or there is nothing around it."""
    around = text.replace(match[0], " ")
    is_request_only = match["before"] is None or match["before"].lower().startswith("request")
    return _OF_WORK.search(around) is not None or (is_request_only and not around.strip())


def _is_of_other(before: str | None) -> bool:
    """Whether the word before a label makes it another thing's: `user id`, `x-request-id`, `remixed from video`."""
    return (
        before is not None
        and label_of(f"{before.strip(' _-')}_id") not in ID_LABELS
        and (before[:-1].lower() in _OTHER_WORDS or before[-1] in "-_")
    )


def _is_in_path(text: str, position: int) -> bool:
    """Whether what stands here is a piece of a file's path: paths that tell a task are read before."""
    return position > 0 and text[position - 1] == "/"


_OTHER_WORDS = words(
    "user account session trace span project team org request conn connection correlation instance pod host batch "
    "run image file asset workflow prompt model page block message event node client api key build commit device "
    "channel group parent character remixed remix from source celery worker x req cell shot scene thread platform"
)


def _is_prefixed(word: str, providers: Sequence[Provider]) -> bool:
    prefix, colon, core = word.partition(":")
    return bool(colon and core) and len(word) <= 100 and infer(providers, f"{prefix}:", prefix) is not None


def _behind_prefix(text: str, providers: Sequence[Provider]) -> Iterator[str]:
    """Yield what begins as only one provider's ids do (`grok:8f3a`, `acme-8f3a`), however short the rest is."""
    for match in _PREFIXED.finditer(text):
        prefix, core = match["prefix"], match["core"]
        if _is_machines(core) and infer(providers, f"{prefix}:{core}", prefix) is not None:
            yield match[0]
    beginnings = tuple(each for each in id_beginnings(tuple(providers)) if each[-1] in "-_")
    if not any(beginning in text.lower() for beginning in beginnings):
        return
    for word in _words(text):
        begun = next((prefix for prefix in beginnings if word.lower().startswith(prefix)), None)
        if begun is not None and _is_machines(word[len(begun) :]) and not is_model(word, providers):
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
