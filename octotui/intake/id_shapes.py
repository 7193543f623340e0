"""The shapes task ids are known to have (`GATEWAY.md`), and the words of logs that only look like them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import lru_cache

from octotui.gateway.parsing.status_words import state_of
from octotui.intake.labels import label_of, words
from octotui.model import TaskState

UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"

_TAIL = r"[A-Za-z0-9_-]{1,400}+"
# LiteLLM wraps `litellm:custom_llm_provider:…` in base64: `/`, `+` and padding belong to it.
_WRAPPED = r"video_bGl0ZWxsbTp(?:[A-Za-z0-9_+-]|/(?!(?:content|remix|cancel|status)\b)){1,480}+={0,2}"
_CORE = (
    rf"(?:{_WRAPPED}|task-video-{_TAIL}|gen-vid-{_TAIL}|(?:video|task)_{_TAIL}(?:={{1,2}}(?![A-Za-z0-9]))?+"
    rf"|cgt-{_TAIL}|{UUID}|[0-9]{{9,13}}-{_TAIL})"
)
_ID = re.compile(rf"(?:(?P<prefix>[A-Za-z][A-Za-z0-9._-]{{0,60}}):)?(?P<core>{_CORE})")
_IN_TEXT = re.compile(
    rf"(?<![A-Za-z0-9._-])(?:(?P<prefix>[A-Za-z][A-Za-z0-9._-]{{0,60}}+):)?(?P<core>{_CORE})(?![A-Za-z0-9_-])"
)
_ALONE = re.compile(rf"(?<!\S)(?:(?P<prefix>[A-Za-z][A-Za-z0-9._-]{{0,60}}+):)?(?P<core>{_CORE})(?!\S)")
_FILE_END = re.compile(
    r"\.(?:mp4|mov|webm|mkv|avi|m4v|gif|jsonl?|ya?ml|toml|csv|txt|log|md|py|[jt]sx?|png|jpe?g|webp|zip|part|tmp|html?|srt|wav|"
    r"mp3|exr)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_ORDINARY_WORD = re.compile(
    r"[A-Za-z]*|[0-9]{1,4}(?:[pks]|fps)?|[23]d|v[0-9]+|[0-9]+x[0-9]+|mp[34]|[hx]26[45]|av1|vp[89]|s3|ec2|base64|utf8|sha256|md5",
    re.IGNORECASE,
)


_BEGUN = re.compile(r"(?P<word>(?:video|task)_(?P<rest>[A-Za-z0-9]{3,64}))")
_LETTERS = re.compile(r"(?<![A-Za-z0-9._:-])(?:video|task)_[A-Za-z]{3,64}(?![A-Za-z0-9._:-])")
_FIELDS = words(
    "ids url urls uri uris status state type name info list data result results generation generations not model "
    "error path paths file files format size sizes length duration progress prompt count time date key token user "
    "title mode seconds width height created updated upsampling queue mp4"
)
"""What follows `video_` or `task_` in the fields of answers and tables."""


def has_known_shape(text: str) -> bool:
    """Whether a whole text is shaped as the ids of `GATEWAY.md` are, so that it is an id wherever it stands."""
    match = _ID.fullmatch(text)
    return match is not None and _is_id(match)


def is_uuid(text: str) -> bool:
    """Whether a whole text is a UUID: a task's shape, and that of a hundred other things."""
    return re.fullmatch(UUID, text) is not None


def has_own_shape(text: str) -> bool:
    """Whether a whole text is shaped as only tasks' ids are: a bare UUID is not."""
    return has_known_shape(text) and not is_uuid(text)


def may_hold_letters(text: str) -> bool:
    """Whether anything in `text` could be for `is_of_letters`."""
    return _LETTERS.search(text) is not None


def looks_like_id(word: str) -> bool:
    """Whether `word` begins as an id and goes on in letters and digits: `video_8812`, but no field or status."""
    match = _BEGUN.fullmatch(word)
    return (
        match is not None
        and match["rest"].lower() not in _FIELDS
        and all(_says_nothing(name) for name in match.groups())
    )


@lru_cache(maxsize=4096)
def _says_nothing(name: str) -> bool:
    return state_of(name, has_link=False) is TaskState.UNKNOWN


def is_of_letters(word: str) -> bool:
    """Whether `word` looks like an id and has letters only: `video_aaa`, but not `task_failed`.

    A person can have written it as well as a machine, so that it is an id among ids only.
    """
    return _LETTERS.fullmatch(word) is not None and looks_like_id(word)


def find_ids(text: str) -> Iterator[tuple[str | None, str, int]]:
    """Yield (prefix before the colon, the rest, position) of everything in `text` that is shaped like an id.

    Names of files are none, whatever id they begin with.
    """
    for match in _IN_TEXT.finditer(text):
        if _is_id(match) and _FILE_END.match(text, match.end()) is None:
            yield match["prefix"], match["core"], match.start()


def standing_alone(text: str, known: Container[str]) -> Iterator[str]:
    """Yield every id with a task's own shape that stands between blanks, whatever is around it, and is not `known`."""
    for match in _ALONE.finditer(text):
        if match[0] not in known and _is_id(match) and not is_uuid(match[0]):
            yield match[0]


def is_file(word: str) -> bool:
    """Whether a word names a file: it ends as one."""
    match = _FILE_END.search(word)
    return match is not None


def _is_id(match: re.Match[str]) -> bool:
    prefix, core = match["prefix"], match["core"]
    if prefix is not None and is_uuid(core) and label_of(prefix) is not None:
        return False  # `RequestID:05c8…`
    if core[0].isdigit() and prefix is None:
        return is_uuid(core)
    if core.startswith(("video_", "task_")):
        return is_made_up(core.partition("_")[2].rstrip("="))
    if core.startswith("task-video-"):
        return is_made_up(core.removeprefix("task-video-"))
    return any(map(str.isdigit, core))


def is_made_up(rest: str) -> bool:
    """Whether what follows `video_` or `task_` is a machine's making: `upsampling`, `not_exist` and `720p` are not."""
    if all(_ORDINARY_WORD.fullmatch(piece) for piece in re.split("[_-]", rest)):
        # Of 21 random letters and digits, one in forty has no digit in it.
        return len(rest) >= 16 and rest.isalpha() and sum(map(str.isupper, rest)) >= 4
    return True


_SLUG = re.compile(r"[A-Za-z]+(?:[ _.-][A-Za-z]+)*[ _.-]?\d{1,4}[a-z]?|\d{1,8}", re.IGNORECASE)
_FOREIGN = re.compile(
    r"(?:evt|img|image|proj|project|user|usr|u|org|file|asst|msg|resp|req|request|chatcmpl|key|sk|pk|rk|ak|batch|ft|ftjob|run|"
    r"thread|cus|team|ws|wf|rec|tbl|app|node|call|fc|toolu|trace|span|sess|session|cell|page|blk|ch|chan|item|ev|event|shot|scene|"
    r"clip|pi|pm|sub|acct|price|prod|inv?|seti|txn|cs|card|whsec|ghp|gho|xox[a-z]|i|vol|vpc|subnet|sg|ami|pod|svc|conv|"
    r"vs|ast|asset|invoice|order|cust|customer|account|acc|build|deploy|dpl|prj|job-run)[_-].*",
    re.IGNORECASE,
)
"""How ids of other things begin."""


def is_foreign(word: str) -> bool:
    """Whether a word begins as another thing's id does: `cus_…`, `req_…`, `org-…`."""
    return _FOREIGN.fullmatch(word) is not None


def is_opaque(text: str) -> bool:
    """Whether a machine can have made a whole text as a task's id: no row's number, slug, file or other thing's id."""
    if text.startswith(("video_", "task_")) and any(map(str.isdigit, text)) and re.fullmatch(r"\w+", text):
        return True
    if not 5 <= len(text) <= 512 or re.fullmatch(r"[A-Za-z0-9._:+/~=-]+", text) is None or is_file(text):
        return False
    if (
        _SLUG.fullmatch(text)
        or is_foreign(text)
        or re.fullmatch(r"[\d.:TZ+-]*[-:.T][\d.:TZ+-]*|sha\d+:.*|[\d.]+[eE][+-]?\d+", text)
    ):
        return False
    return any(map(str.isdigit, text)) or re.fullmatch(r"[A-Za-z0-9]{20,64}", text) is not None
