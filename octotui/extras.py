"""The optional packages, and the line that installs packages into the environment octotui runs in."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

EXTRAS: dict[str, tuple[str, ...]] = {
    "notify": ("apprise>=1.9",),
    "preview": ("av>=18", "textual-image>=0.12", "pillow>=13,<14"),
    "metrics": ("prometheus-client>=0.22",),
    "keyring": ("keyring>=25",),
    "postgres": ("psycopg[binary]>=3.2",),
    "terminal": ("textual-serve>=1.1,<1.2", "websockets>=15"),
    "web": ("jinja2>=3.1,<4", "starlette>=1.0,<2", "uvicorn>=0.50,<1"),
    "s3": ("obstore>=0.11,<0.13",),
}
"""What each extra of the distribution needs, as pyproject.toml has it: an octotui that runs from its source tree has
no metadata to read it from."""


def install_command(
    extra: str, *, prefix: Path | None = None, python: str | None = None, has_pip: bool | None = None
) -> str:
    """Return the shell line that installs the packages of `extra`; it names them, and so needs no index to know us.

    The rest is as in `command_for`.
    """
    return command_for(EXTRAS[extra], prefix=prefix, python=python, has_pip=has_pip)


def command_for(
    packages: Sequence[str], *, prefix: Path | None = None, python: str | None = None, has_pip: bool | None = None
) -> str:
    """Return the shell line that installs `packages` (requirements).

    `prefix` and `python` are the environment's folder and interpreter, `has_pip` whether it has pip of its own: those
    of this process unless given. Environments of pipx and uv are known by the file each keeps in them.
    """
    prefix = Path(sys.prefix) if prefix is None else prefix
    python = sys.executable if python is None else python
    has_pip = find_spec("pip") is not None if has_pip is None else has_pip
    if (prefix / "pipx_metadata.json").is_file():
        words = ["pipx", "inject", prefix.name]
    elif (prefix / "uv-receipt.toml").is_file() or not has_pip:
        words = ["uv", "pip", "install", "--python", python]
    else:
        words = [python, "-m", "pip", "install"]
    return shlex.join([*words, *packages])
