"""Another release of Textual: a copy of the installed one in which something is called otherwise, everywhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import textual

_INSTALLED = Path(textual.__file__).parent


def with_renamed(folder: Path, name: str) -> Path:
    """Make a Textual in `folder` that has another word for `name`: module, class, method, attribute or argument.

    Returns the folder to be put in front of Python's path. The copy works as the original does.
    """
    copy = folder / "textual"
    shutil.copytree(_INSTALLED, copy)  # keeps the files' times: what is not rewritten need not be compiled again
    word = re.compile(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])")
    changed = 0
    for path in copy.rglob("*.py"):
        text, count = word.subn(f"{name}_renamed", path.read_text())
        if count:
            path.write_text(text)
            changed += count
        if path.stem == name:
            path.rename(path.with_stem(f"{name}_renamed"))
    assert changed, f"this release of Textual has no {name}"
    return folder
