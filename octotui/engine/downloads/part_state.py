"""What is kept beside a part, so that another process can go on with it: read, written, and made once."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from octotui.engine.downloads.file_names import beside, give_name, read_own, trouble, write_atomically

_LARGEST_STATE = 64 * 1024


@dataclass(slots=True, frozen=True)
class PartState:
    """What is kept beside a part, so that another process can go on with it. No link and no signature."""

    task_id: str
    host: str | None = None
    """Host the bytes came from."""
    etag: str | None = None
    """The server's strong entity tag, None when it gave none or a weak one."""
    total: int | None = None
    """Bytes of the whole file, as the server said."""
    proved: int = 0
    """Bytes that were written through to the disk."""
    boot: str | None = None
    """Which run of the machine wrote the part: within it every byte written is there, whatever was killed."""
    origin: str | None = None
    """The gateway whose task it is; None where an older octotui, which did not write it, made the part."""

    def is_of(self, task_id: str, origin: str | None) -> bool:
        """Whether this is the part of that task: gateways do not know of each other's ids."""
        return self.task_id == task_id and (origin is None or self.origin in {None, origin})


def claimed_state(path: Path, task_id: str, origin: str | None) -> PartState | None:
    """The state beside `path`, made for `task_id` if there is neither part nor state; None when it cannot be ours."""
    state_path = beside(path, ".json")
    if not os.path.lexists(state_path) and not os.path.lexists(path):
        state = PartState(task_id, boot=boot_id(), origin=origin)
        mark = hashlib.sha256(task_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        fresh = beside(state_path, f".{mark}")
        write_state(fresh, state)
        try:
            give_name(fresh, state_path)
        finally:
            fresh.unlink(missing_ok=True)
    return read_state(state_path)


def write_state(path: Path, state: PartState) -> None:
    """Keep `state` at `path`. Raises `FileTrouble`."""
    try:
        write_atomically(path, json.dumps(asdict(state)).encode())
    except OSError as error:
        raise trouble(error, path) from error


def read_state(path: Path) -> PartState | None:
    """The state at `path`; None where there is none, or none that can be read."""
    try:
        raw = read_own(path, _LARGEST_STATE)
        if raw is None:
            return None
        facts = json.loads(raw)
        return PartState(
            task_id=str(facts["task_id"]),
            host=_maybe_text(facts["host"]),
            etag=_maybe_text(facts["etag"]),
            total=None if facts["total"] is None else int(facts["total"]),
            proved=int(facts["proved"]),
            boot=_maybe_text(facts["boot"]),
            origin=_maybe_text(facts.get("origin")),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _maybe_text(value: object) -> str | None:
    return None if value is None else str(value)


@lru_cache(maxsize=1)
def boot_id() -> str | None:
    """What tells this run of the machine from the next; None where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
