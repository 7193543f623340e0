"""The side-car: a small JSON file beside each video, from which a ledger can be made again on another machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from octotui import __version__
from octotui.engine.downloads.file_names import beside, read_own, write_atomically
from octotui.model import Task

ENDING = ".json"
"""What a side-car's name has after that of its video."""
LARGEST = 64 * 1024
"""Bytes of a side-car."""


@dataclass(slots=True, frozen=True)
class Sidecar:
    """What is kept beside a video: where it came from and what it must be. No key, no link, no signature."""

    octotui: str
    """Version that wrote it."""
    id: str
    provider: str
    route: str
    model: str | None
    created_at: float | None
    completed_at: float | None
    expires_at: float | None
    """When the result was to be lost at the gateway."""
    saved_at: float
    link_host: str | None
    """Host that the bytes came from."""
    seconds: str | None
    size: str | None
    """Frame size, as the gateway writes it."""
    bytes: int
    sha256: str | None
    """None until the file has been read for it."""
    tags: tuple[str, ...] = ()
    origin: str | None = None
    """Scheme, host and port of the gateway whose task it is; None where an older octotui wrote it."""
    title: str | None = None
    """What a person calls it, else the beginning of its prompt."""
    prompt: str | None = None
    """The beginning of its prompt."""
    video: Path | None = None
    """The video it stands beside; only after reading."""


def sidecar_of(
    task: Task, *, link_host: str | None, size: int, sha256: str | None, saved_at: float, origin: str | None = None
) -> Sidecar:
    """Return the side-car for the result of `task` of the gateway `origin`: `size` bytes that came from `link_host`."""
    return Sidecar(
        octotui=__version__,
        id=task.id,
        provider=task.provider,
        route=task.route,
        model=task.model,
        created_at=task.created_at,
        completed_at=task.completed_at,
        expires_at=None if task.deadline is None else task.deadline.at,
        saved_at=saved_at,
        link_host=link_host,
        seconds=task.seconds,
        size=task.size,
        bytes=size,
        sha256=sha256,
        tags=task.tags,
        origin=origin,
        title=task.title,
        prompt=task.prompt,
    )


def write_sidecar(video: Path, sidecar: Sidecar) -> Path:
    """Write `sidecar` beside `video` in one step and return its path. Raises `OSError`."""
    path = beside(video, ENDING)
    write_atomically(path, encoded(sidecar))
    return path


def encoded(sidecar: Sidecar) -> bytes:
    """Return what a side-car's file, or object, holds."""
    facts = asdict(sidecar)
    del facts["video"]
    return (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def read_sidecar(video: Path) -> Sidecar | None:
    """Return what stands beside `video`; None where there is nothing, or something that is no side-car of ours."""
    try:
        raw = read_own(beside(video, ENDING), LARGEST)
    except OSError:
        return None
    return None if raw is None else decoded(raw, video)


def decoded(raw: bytes, video: Path | None = None) -> Sidecar | None:
    """Return the side-car that the bytes of a file, or object, are; None where they are none that is usable."""
    facts = _facts(raw)
    return None if facts is None else _checked(facts, video)


def is_sidecar(path: Path) -> bool:
    """Whether a file was written as a side-car, usable or not. Raises `OSError`."""
    raw = read_own(path, LARGEST)
    return raw is not None and was_sidecar(raw)


def was_sidecar(raw: bytes) -> bool:
    """Whether bytes were written as a side-car, usable or not."""
    return _facts(raw) is not None


def _facts(raw: bytes) -> dict[str, object] | None:
    """What a side-car says, None for anything else."""
    try:
        facts = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) and isinstance(facts.get("octotui"), str) else None


def _checked(facts: dict[str, object], video: Path | None) -> Sidecar | None:
    """The facts of a file that anybody may have edited, or None when they are not what we write."""
    known = {field.name: facts.get(field.name) for field in fields(Sidecar)}
    texts = [known[name] for name in ("id", "provider", "route")]
    size, tags = known["bytes"], known["tags"]
    if not all(isinstance(text, str) and text for text in texts) or type(size) is not int:
        return None
    return Sidecar(
        octotui=str(known["octotui"]),
        id=str(known["id"]),
        provider=str(known["provider"]),
        route=str(known["route"]),
        model=_text(known["model"]),
        created_at=_time(known["created_at"]),
        completed_at=_time(known["completed_at"]),
        expires_at=_time(known["expires_at"]),
        saved_at=_time(known["saved_at"]) or 0.0,
        link_host=_text(known["link_host"]),
        seconds=_text(known["seconds"]),
        size=_text(known["size"]),
        bytes=size,
        sha256=_text(known["sha256"]),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        origin=_text(known["origin"]),
        title=_text(known["title"]),
        prompt=_text(known["prompt"]),
        video=video,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
