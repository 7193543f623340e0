"""Reports on a task for the gateway's owner: what must not be in them, and the file they are kept in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octotui.config import Config

_LONGEST_NAME = 60


def hidden_of(config: Config) -> tuple[str, ...]:
    """Return what no report may hold: the key, and the folders in whose names people are."""
    folders = (Path.home(), config.download_dir, config.state_dir)
    return (
        *([config.api_key] if config.api_key else []),
        *(str(folder) for folder in folders if len(folder.parts) > 1),
    )


class ReportFolder:
    """Keeps reports in the state folder, one file a task, readable by its owner only."""

    def __init__(self, config: Config) -> None:
        self._folder = config.state_dir / "reports"

    def save(self, task_id: str, text: str) -> str:
        """Write a report in place of the task's earlier one; returns in words where it is, or why it is not."""
        path = self._folder / _file_name(task_id)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            fresh.replace(path)
        except OSError as error:
            return f"Not written to a file: {error.strerror or error}."
        return f"Written to {path}"


def _file_name(task_id: str) -> str:
    """A name that any file system takes, and that no other task has."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", task_id)[:_LONGEST_NAME].strip("._")
    import hashlib  # noqa: PLC0415 - a millisecond of OpenSSL that each start would pay for a rare report

    digest = hashlib.sha256(task_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable or 'task'}-{digest}.md"
