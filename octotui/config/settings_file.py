"""The configuration file as bytes on a disk: read whole, checked for being TOML, replaced in one step."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octotui.config.problems import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_BYTES = 1024 * 1024
PRIVATE = 0o600
"""The mode of a new file: it may name passwords (`proxy`, `notify_urls`)."""


def read(file: Path) -> str | None:
    """Return the file's text as it stands there, None where there is none. Raises `ConfigError`."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}") from None
    if len(raw) > _MAX_BYTES:
        raise _refused(file, "is larger than 1 MiB")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _refused(file, "is not UTF-8 text", raw.count(b"\n", 0, error.start) + 1) from None


def parse(text: str, file: Path) -> dict[str, Any]:
    """Return what `text` says; `file` is where it stands. Raises `ConfigError` with the line."""
    import tomllib  # noqa: PLC0415 - without a file there is nothing to read, and every start would pay for it

    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = str(error) if place is None else str(error).replace(place[0], "").strip()
        line = int(place[1]) if place else (text.count("\n") + 1 if "end of document" in str(error) else None)
        raise _refused(file, f"is not TOML: {message}", line) from None
    except RecursionError:
        raise _refused(file, "is nested too deeply") from None


def write_new(file: Path, text: str) -> bool:
    """Write a file readable by its owner only; returns False where there is one, which stays. Raises `OSError`."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    return True


def replace(file: Path, text: str) -> None:
    """Put `text` in the place of the file in one step, so that a reader or a crash sees the old or the new.

    Mode and owner stay; a file that was missing gets mode 0600. Of a symlink the target is replaced. Raises `OSError`.
    """
    import tempfile  # noqa: PLC0415 - brings three compressors; only who changes settings needs it

    target = Path(os.path.realpath(file))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep = _keeper_of_mode_and_owner(target)
    descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as opened:
            keep(descriptor)
            opened.write(text.encode())
            opened.flush()
            os.fsync(descriptor)
        Path(fresh).replace(target)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


def _keeper_of_mode_and_owner(target: Path) -> Callable[[int], None]:
    try:
        before = target.stat()
    except FileNotFoundError:
        return lambda descriptor: os.fchmod(descriptor, PRIVATE)

    def keep(descriptor: int) -> None:
        fresh = os.fstat(descriptor)
        if (fresh.st_uid, fresh.st_gid) != (before.st_uid, before.st_gid):
            os.fchown(descriptor, before.st_uid, before.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))

    return keep


def _refused(file: Path, message: str, line: int | None = None) -> ConfigError:
    return ConfigError([Problem(file, line, None, message)])
