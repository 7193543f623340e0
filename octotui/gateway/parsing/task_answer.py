"""Whatever the gateway sent, read by the rules of `GATEWAY.md`: one `Answer` about a task, or one `RequestError`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from octotui.gateway.errors import GatewayError
from octotui.gateway.parsing.error_answer import (
    error_code,
    is_success_code,
    refusal_of_body,
    refusal_of_object,
    retry_after,
)
from octotui.gateway.parsing.fields import is_link_like, link, moment, percent, text_of, word
from octotui.gateway.parsing.filter_marks import filter_mark
from octotui.gateway.parsing.json_body import Fields, NotAnObjectError, parse
from octotui.gateway.parsing.media_sniffing import is_media
from octotui.gateway.parsing.status_words import is_success_word, state_of
from octotui.gateway.providers import URL_ORDER, Provider
from octotui.model import LONGEST_TITLE, Answer, TaskState

__all__ = ["MAX_BODY", "read_answer", "read_content_head", "retry_after"]

MAX_BODY: Final = 8 * 2**20
"""Bytes: no answer about a task is larger, whatever its headers promise."""

_STATUS_NAMES: Final = ("status", "task_status")
_LAST_STATUS_NAME: Final = "state"  # Vidu's own word, seen only inside wrappers: believed where no level has a status
_TASK_NAMES: Final = ("id", "task_id")
_CREATED: Final = ("created_at", "submit_time")
_COMPLETED: Final = ("completed_at", "finish_time", "finished_at")
_UPDATED: Final = ("status_update_time", "updated_at")
_REASONS: Final = ("fail_reason", "error_message", "video_generation_error")
_LATE_REASONS: Final = ("err_msg", "reason", "failure", "status_message", "task_status_msg", "msg")
_LATE_URLS: Final = (
    "task_result.videos.0.url",
    "creations.0.url",
    "FileInfos.*.FileUrl",
    "Output.FileInfos.*.FileUrl",
    "VideoUrls.0",
    "Output.VideoUrls.0",
    *("videos.0.url", "videos.0", "result.url", "output.video_url", "output.0", "output.0.url", "output.videos.0.url"),
    *("results.0.url", "results.0", "unsigned_urls.0", "video_urls.0", "download_url", "content.url", "file_url"),
    "video",
)
_NUMBERS: Final = (-1, 1, 4)  # failed, completed, running
_SEVERAL: Final = (
    *("videos.*.url", "videos.*", "results.*.url", "results.*", "output.*", "output.*.url", "output.videos.*.url"),
    *("unsigned_urls.*", "video_urls.*", "task_result.videos.*.url", "creations.*.url"),
    *("FileInfos.*.FileUrl", "Output.FileInfos.*.FileUrl", "VideoUrls.*", "Output.VideoUrls.*", "data.*.url"),
)
"""Lists in which the results of a task stand."""
_PICTURES: Final = tuple(
    f"{place}{name}"
    for name in ("last_frame_url", "last_frame", "thumbnail_url", "thumbnail", "cover_url", "poster_url")
    for place in ("", "content.", "metadata.", "output.", "result.", "detail.")
)
_ECHOES: Final = ("input", "req", "request", "properties")
"""What was asked for, as some gateways repeat it: its prompt is a title, and nothing else in it is about the task."""
_TASK_SIGNS: Final = (
    *("progress", "model", "seconds", "size", "output", "metadata", "format", "fail_reason"),
    *("video_url", "url", "result_url", "task_result", "creations"),
    *("start_time", "expires_at", *_CREATED, *_COMPLETED, *_UPDATED),
)


class _Levels:
    """The places of one answer that can speak about its task, from the outside in."""

    def __init__(self, outer: Fields) -> None:
        self.outer = outer
        self.wrapped = [outer]
        for _ in range(3):  # data, data.data, data.data.data: chained gateways nest a whole wrapper again
            inner = self.wrapped[-1].child("data")
            if inner is None:
                break
            self.wrapped.append(inner)
        for level in list(self.wrapped):
            output = level.child(
                "output"
            )  # DashScope's: `{"output": {"task_id": …, "task_status": …}, "request_id": …}`
            if output is not None and any(output.get(name) is not None for name in ("task_id", "task_status")):
                self.wrapped.append(output)
        self.envelopes = self._envelopes()
        self.details: list[Fields] = []
        for level in self.wrapped:
            detail = level.child("detail")
            if detail is not None:
                places = (detail, detail.child("pending_info"), detail.child("AigcVideoTask"))
                self.details += [place for place in places if place is not None]
        self.all = self.wrapped + self.details

    def _envelopes(self) -> list[Fields]:
        """The levels around the one that names the task: what they say is about the asking (`GATEWAY.md`)."""
        told = [level for level in self.wrapped if _status_of(level) is not None]
        naming = [level for level in told if any(level.get(name) is not None for name in _TASK_NAMES)]
        says_well = bool(told) and is_success_word(_status_of(told[0]) or "")
        speaking = naming or (told[-1:] if says_well else [])
        if not speaking:
            return []
        return self.wrapped[: self.wrapped.index(speaking[0])]

    def status(self) -> tuple[str | None, Fields | None]:
        """The outermost status word as it came, and the level that says it; an envelope's only where no other is."""
        around = {id(level) for level in self.envelopes}
        for levels in ([level for level in self.all if id(level) not in around], self.envelopes):
            for names in (_STATUS_NAMES, (_LAST_STATUS_NAME,)):
                for level in levels:
                    if (said := _status_of(level, names)) is not None:
                        return said, level
        return next((said for level in self.all if (said := word(level.get("status"), 100)) is not None), None), None

    def values(self, names: Iterable[str]) -> Iterator[object]:
        """Every value of these names, an outer level before an inner one."""
        return (level.get(name) for level in self.all for name in names)


def _status_of(level: Fields, names: tuple[str, ...] = (*_STATUS_NAMES, _LAST_STATUS_NAME)) -> str | None:
    """The status word of one level; a number only where known envelopes write it."""
    for name in names:
        value = level.get(name)
        is_word = isinstance(value, str) or (name == _LAST_STATUS_NAME and value in _NUMBERS and value is not True)
        if is_word and (said := word(value, 100)) is not None:
            return said
    return None


def read_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    base_url: str,
    now: float,
    provider: Provider | None = None,
) -> Answer:
    """Return what an answer of a query route says about its task; `now` in unix seconds.

    An answer with an error status that holds a whole video object is an answer about the task. Everything else that
    holds no task raises the `RequestError` it means; no other exception leaves here, whatever the body is.
    """
    levels = _parsed(status, headers, body, now=now)
    said, level = levels.status()
    if not _holds_task(status, levels, level):
        raise refusal_of_object(status, headers, levels.wrapped, now=now)
    return _answer(levels, said, base_url, URL_ORDER if provider is None else provider.url_order)


def read_content_head(
    status: int, headers: Mapping[str, str], first_bytes: bytes, *, base_url: str, now: float
) -> Answer | None:
    """Tell what came from `/content` or a result link: None for media bytes, an `Answer` with `result_url` for JSON.

    `first_bytes` may be just the beginning of media (16 bytes suffice), but has to be the whole body of anything else,
    up to `MAX_BODY`. Raises a `RequestError` for everything that is neither, so that no text is saved as a video.
    """
    if status in {200, 206} and is_media(status, headers, first_bytes):
        return None
    levels = _parsed(status, headers, first_bytes, now=now)
    said, level = levels.status()
    # JSON on the bytes' own route that holds a link and no status: the link is all it has to say.
    bare_link = _result_url(levels, base_url, URL_ORDER) if said is None else None
    if status >= 400 or not (bare_link or _holds_task(status, levels, level)):
        raise refusal_of_object(status, headers, levels.wrapped, now=now)
    answer = _answer(levels, said, base_url, URL_ORDER)
    if bare_link is not None:
        answer = answer._replace(result_url=bare_link)
    if answer.result_url is None:
        raise GatewayError(_why_no_link(answer), status=status, retry_after=retry_after(headers, now))
    return answer


def _parsed(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> _Levels:
    if len(body) > MAX_BODY:
        raise GatewayError(f"an answer of more than {MAX_BODY // 2**20} MiB", status=status)
    try:
        outer = parse(body)
    except NotAnObjectError as error:
        raise refusal_of_body(status, headers, body, str(error), now=now) from None
    return _Levels(outer)


def _holds_task(status: int, levels: _Levels, level: Fields | None) -> bool:
    if (word(levels.outer.raw("success")) or "").lower() == "false" or levels.outer.raw("success") is False:
        return False
    if status >= 300:
        return level is not None and _is_whole(level)
    if not is_success_code(levels.outer):
        return level is not None and (level is not levels.outer or _is_whole(level))
    if level is not None:
        return True
    empty_wrapper = levels.outer.has("data") and levels.outer.get("data") is None
    if empty_wrapper or any(level.get("error") is not None for level in levels.wrapped):
        return False
    return any(_names_task(level) for level in levels.wrapped)


def _is_whole(level: Fields) -> bool:
    """Whether a level with a status is a task and not an error envelope that happens to have one."""
    if _is_video(level):
        return True
    named = level.get("id") is not None or level.get("task_id") is not None
    return named and any(level.has(name) for name in _TASK_SIGNS)


def _names_task(level: Fields) -> bool:
    return _is_video(level) or any(level.get(name) is not None for name in ("id", "task_id", "request_id"))


def _is_video(level: Fields) -> bool:
    return (word(level.get("object")) or "").lower().startswith("video")


def _answer(levels: _Levels, said: str | None, base_url: str, url_order: tuple[str, ...]) -> Answer:
    may_have_url = state_of(said, has_link=True) is TaskState.COMPLETED
    url = _result_url(levels, base_url, url_order) if may_have_url else None
    state = state_of(said, has_link=url is not None)
    failed = state in {TaskState.FAILED, TaskState.CANCELLED}
    filtered = filter_mark(levels.outer.written) if state is TaskState.COMPLETED and url is None else None
    if filtered is not None:
        # "completed", and nothing came of it: what the filter says is the reason.
        state, failed = TaskState.FAILED, True
    reason = _error_message(levels, base_url, url_order) if failed else None
    message, code_inside = said_inside(reason)
    started = _first_moment(levels.values(("start_time",)))
    return Answer(
        state=state,
        status=said,
        progress=_progress(levels),
        created_at=_first_moment(levels.values(_CREATED)) or started,
        completed_at=_first_moment(levels.values(_COMPLETED)) if state.is_final else None,
        updated_at=_first_moment(levels.values(_UPDATED)),
        expires_at=_first_moment(levels.values(("expires_at",))),
        result_url=url,
        error_code=(error_code(levels.all) or code_inside) if failed else None,
        error_message=filtered or message,
        model=_first_word(levels, ("model",), 200),
        seconds=_first_word(levels, ("seconds", "duration"), 40),
        size=_first_word(levels, ("size", "resolution"), 40),
        other_urls=_other_urls(levels, base_url, url) if url is not None else (),
        picture_url=_picture_url(levels, base_url) if state is TaskState.COMPLETED else None,
        prompt=_prompt(levels),
    )


def _first_moment(values: Iterable[object]) -> float | None:
    return next((at for value in values if (at := moment(value)) is not None), None)


def _first_word(levels: _Levels, names: tuple[str, ...], limit: int) -> str | None:
    return next((said for value in levels.values(names) if (said := word(value, limit)) is not None), None)


def _prompt(levels: _Levels) -> str | None:
    """The beginning of what the video was asked for with: the task's own word, else an echo of the request."""
    echoes = (level.raw(name) for level in levels.all for name in _ECHOES)
    repeated = (echo.get("prompt") or echo.get("input") for echo in echoes if isinstance(echo, dict))
    said = (text_of(value, LONGEST_TITLE) for value in chain(levels.values(("prompt",)), repeated))
    return next((text for text in said if text is not None), None)


def _progress(levels: _Levels) -> int | None:
    """The outermost progress that is no placeholder; 0 where a 0 is all there is."""
    readings = chain.from_iterable(
        (percent(level.raw("progress")), percent(level.raw("progress_pct"), is_fraction=True)) for level in levels.all
    )
    known = [reading for reading in readings if reading is not None]
    return next((reading for reading in known if reading), 0 if known else None)


def _links(levels: _Levels, url_order: tuple[str, ...]) -> list[str]:
    """Every text that stands where a result link may stand, in the order of belief."""
    return [
        value
        for value in chain(
            (value for level in levels.wrapped for path in url_order for value in level.at(path)),
            (level.get("fail_reason") for level in levels.wrapped),
            (value for level in levels.all for path in _LATE_URLS for value in level.at(path)),
        )
        if isinstance(value, str)
    ]


def _result_url(levels: _Levels, base_url: str, url_order: tuple[str, ...]) -> str | None:
    return next((url for text in _links(levels, url_order) if (url := link(text, base_url)) is not None), None)


def _other_urls(levels: _Levels, base_url: str, first: str) -> tuple[str, ...]:
    """The links of further results of the same task."""
    found = (link(text, base_url) for level in levels.all for path in _SEVERAL for text in level.at(path))
    return tuple(dict.fromkeys(url for url in found if url is not None and url != first))


def _picture_url(levels: _Levels, base_url: str) -> str | None:
    """The link of a last frame, else of a thumbnail: never the video itself."""
    found = (link(text, base_url) for path in _PICTURES for level in levels.all for text in level.at(path))
    return next((url for url in found if url is not None), None)


def links_beside(raw: str | bytes, base_url: str) -> tuple[tuple[str, ...], str | None]:
    """Return what a stored answer names beside its result: further results, and the link of a picture of it."""
    try:
        levels = _Levels(parse(raw))
    except NotAnObjectError:
        return (), None
    said, _ = levels.status()
    if state_of(said, has_link=True) is not TaskState.COMPLETED:
        return (), None
    url = _result_url(levels, base_url, URL_ORDER)
    return _other_urls(levels, base_url, url) if url is not None else (), _picture_url(levels, base_url)


def _error_message(levels: _Levels, base_url: str, url_order: tuple[str, ...]) -> str | None:
    said = chain(
        chain.from_iterable(map(_reasons, levels.all)),
        _messages(levels),
        chain.from_iterable(map(_late_reasons, levels.all)),
        (text_of(level.get("detail")) for level in levels.wrapped),
        (
            text_of(text)
            for text in _links(levels, url_order)
            if link(text, base_url) is None and not is_link_like(text)
        ),
    )
    return next((text for text in said if text is not None), None)


def said_inside(reason: str | None) -> tuple[str | None, str | None]:
    """Return message and code of a reason that is JSON in a string, else the reason as it is and no code."""
    for _ in range(3):
        if reason is None or not reason.startswith("{"):
            break
        try:
            told = Fields({"data": parse(reason).written})
        except NotAnObjectError:
            break
        places = [place for name in ("data.error", "data") for place in told.at(name) if isinstance(place, dict)]
        levels = [Fields(place) for place in places]
        words = (text_of(level.get(name)) for level in levels for name in ("message", "msg", "error"))
        inner = next((text for text in words if text is not None), None)
        if inner is None:
            break
        code = next((code for level in levels if (code := word(level.get("code"))) is not None), None)
        if code is not None:
            return said_inside(inner)[0], code
        reason = inner
    return reason, None


def _reasons(level: Fields) -> Iterator[str | None]:
    error = level.child("error")
    if error is None:
        yield text_of(level.get("error"))
    else:
        inner = error.child("error")
        yield from map(text_of, (error.get("message"), error.get("msg"), inner.get("message") if inner else None))
    for name in _REASONS:
        yield text_of(level.get(name))


def _late_reasons(level: Fields) -> Iterator[str | None]:
    for name in _LATE_REASONS:
        inner = level.child(name)
        said = text_of(level.get(name) if inner is None else inner.get("message") or inner.get("msg"))
        yield said if said is None or not is_success_word(said) else None
    output = level.child("output")
    yield text_of(output.get("message")) if output is not None else None


def _messages(levels: _Levels) -> Iterator[str]:
    # Beside a success code a message is about the asking; one about the task stands at another level, if anywhere.
    about_asking = {id(level) for level in levels.all if level.has("code") and is_success_code(level)}
    around = {id(level) for level in levels.envelopes}
    # What an envelope says that went well is about the asking alone.
    speaking = [level for level in levels.all if id(level) not in around or not is_success_code(level)]
    for level in sorted(speaking, key=lambda level: id(level) in about_asking):
        message = text_of(level.get("message"))
        if message is not None and not is_success_word(message):
            yield message


def _why_no_link(answer: Answer) -> str:
    what = f"JSON instead of the video: the task is {answer.status or 'not described'}"
    return f"{what} ({answer.error_message})" if answer.error_message else what
