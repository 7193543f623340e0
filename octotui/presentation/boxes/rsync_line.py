"""Command line that brings a file here from the machine that has it."""

from __future__ import annotations

import re
import shlex
import unicodedata

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a host name must look like: nothing else is put before a colon, and no option begins so."""
_WILDCARDS = re.compile(r"[*?\[]")
_ESCAPED = re.compile(r"([*?\[\\])")


def rsync_line(host: str | None, path: str | None) -> str | None:
    """Return the line to paste into a shell; None where no line is safe to paste, or nobody knows where the file is.

    The file's name reaches the other machine as it is: with `--protect-args` no shell there reads it, and a shell here
    finds it in quotes. A name with characters that a terminal obeys, or that nobody sees, has no line.
    """
    if not host or not path or _HOST.fullmatch(host) is None or not path.startswith("/"):
        return None
    if any(not char.isprintable() and unicodedata.category(char) != "Zs" for char in path):
        return None
    return f"rsync -P --protect-args {host}:{_quoted(_literal(path))} ."


def _quoted(text: str) -> str:
    """Return a text in quotes, also where it would need none: what is name and what is host is seen at once."""
    quoted = shlex.quote(text)
    return quoted if quoted != text else f"'{text}'"


def _literal(path: str) -> str:
    """Return a path whose wildcards stand for themselves: the other rsync looks for them folder by folder.

    It takes a backslash for one only where there is a wildcard in the same part of the path.
    """
    return "/".join(
        _ESCAPED.sub(r"\\\1", part) if _WILDCARDS.search(part) is not None else part for part in path.split("/")
    )
