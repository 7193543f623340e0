"""Connection errors in words: the system's own hold numbers that say nothing to most people."""

from __future__ import annotations

import errno
import re
import socket
import ssl

_MEANINGS = {
    errno.ECONNREFUSED: "connection refused by {place}",
    errno.ECONNRESET: "connection reset by {place}",
    errno.EHOSTUNREACH: "no way to {place}",
    errno.ENETUNREACH: "no network on the way to {place}",
    socket.EAI_AGAIN: "no name server answers for {host}",
    socket.EAI_NONAME: "no such host: {host}",
    socket.EAI_NODATA: "no such host: {host}",
}
_NUMBER = re.compile(r"\[Errno (-?\d+)\] ?")


def why_unreachable(error: OSError, host: str, port: int) -> str:
    """Return in words why there is no connection to `host` and `port`; what is not known is told as the system does."""
    if isinstance(error, ssl.SSLError):
        return str(error)
    # asyncio makes one error without a number of those that several addresses of a host brought.
    numbers = {error.errno} if error.errno is not None else {int(found) for found in _NUMBER.findall(str(error))}
    meanings = {_MEANINGS.get(number) for number in numbers}
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    meaning = meanings.pop() if len(meanings) == 1 else None
    if meaning is not None:
        return meaning.format(host=host, place=place)
    return error.strerror if error.errno and error.strerror else _NUMBER.sub("", str(error))


def system_error(error: BaseException | None) -> OSError | None:
    """Return the system's error behind one of HTTP's, None where there is none."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error
