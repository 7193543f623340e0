"""Failing answers as they are kept and shown: the status, an empty line, the body. No good answer begins like that."""

from __future__ import annotations

from http import HTTPStatus

HEAD = "HTTP "
"""What each begins with. A good answer is a JSON object."""
MAX_BODY = 64 * 1024
"""Bytes kept of the body."""


def failed_answer(status: int, body: bytes) -> str:
    """Return a failing answer as text: `HTTP 500 Internal Server Error`, an empty line, the body."""
    text = body[:MAX_BODY].decode("utf-8", errors="replace")
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    return f"{HEAD}{name}\n\n{text}"


def is_failed(answer: str) -> bool:
    """Whether a stored answer is a failing one."""
    return answer.startswith(HEAD)


def split(answer: str) -> tuple[str, str]:
    """Return the status line of a stored answer, empty for a good one, and its body."""
    if not is_failed(answer):
        return "", answer
    head, _, body = answer.partition("\n\n")
    return head, body


def last_good(answer: str | None, previous: str | None) -> str | None:
    """Return the newest answer that was a good one, of the last one and the one before."""
    return next((each for each in (answer, previous) if each is not None and not is_failed(each)), None)
