"""Command line that brings a file here from the machine that has it."""

from __future__ import annotations

import re
import shlex
import unicodedata

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a host name must look like: nothing else is put before a colon, and no option begins so."""
_WILDCARD = re.compile(r"([*?\[])")


def rsync_line(host: str | None, path: str | None) -> str | None:
    """Return the line to paste into a shell; None where no line is safe to paste, or nobody knows where the file is.

    The file's name reaches the other machine as it is: with `--protect-args` no shell there reads it, and a shell here
    finds it in quotes. A name with characters that a terminal obeys, or that nobody sees, has no line.
    """
    literal = None if path is None else _literal(path)
    if not host or not literal or _HOST.fullmatch(host) is None or not literal.startswith("/"):
        return None
    if any(not char.isprintable() and unicodedata.category(char) != "Zs" for char in literal):
        return None
    return f"rsync -P --protect-args {host}:{_quoted(literal)} ."


def _quoted(text: str) -> str:
    """Return a text in quotes, also where it would need none: what is name and what is host is seen at once."""
    quoted = shlex.quote(text)
    return quoted if quoted != text else f"'{text}'"


def _literal(path: str) -> str | None:
    """Return a path whose wildcards stand for themselves, None where there is no way to write that.

    The other rsync looks for them folder by folder. A backslash takes a wildcard's meaning away; beside one it would
    need a backslash of its own, and what comes then is refused by rsync 3.5 here as a file that nobody asked for.
    """
    parts = path.split("/")
    if any("\\" in part and _WILDCARD.search(part) is not None for part in parts):
        return None
    return "/".join(_WILDCARD.sub(r"\\\1", part) for part in parts)
