"""Where secrets come from: environment, private file, command or keyring; never a flag, never into a message."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from octotui.config.value_readers import checked_url
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

OWN, FOREIGN = "OCTOTUI_API_KEY", "OPENAI_API_KEY"
ENVIRONMENT_NAMES = (OWN, FOREIGN)
"""The variables that may hold the key, the first one first. The second holds what may be another house's key: it is
used only where a base URL was named."""
COMMAND_SECONDS = 30.0
"""How long `api_key_command` may take."""
_MAX_BYTES = 16 * 1024


def checked(text: str) -> str:
    """Return the key without surrounding blanks; `ValueError` (which does not repeat it) when it cannot be one.

    Every key and token comes through here, and from then on it is masked in whatever this process keeps or shows.
    """
    from octotui.redaction import hide  # noqa: PLC0415 - a start without a key needs none

    key = text.strip()
    if not key:
        raise ValueError("holds no key: it is empty")
    if any(character.isspace() for character in key):
        raise ValueError('holds more than a key: put the key alone there, without "Bearer" and on one line')
    if not (key.isascii() and key.isprintable()):
        raise ValueError("holds characters that no key has (control or non-ASCII characters)")
    hide(key)
    return key


def from_environment(environ: Mapping[str, str], names: Iterable[str] = ENVIRONMENT_NAMES) -> tuple[str, str] | None:
    """Return the variable's name and the text in it, for the first of `names` that is set and not blank."""
    for name in names:
        if environ.get(name, "").strip():
            return name, environ[name]
    return None


def from_file(path: Path) -> str:
    """Return the key in a file that only its owner can read (mode 0600 or less)."""
    return _decoded(_private(path), str(path))


def urls_from_file(path: Path) -> tuple[str, ...]:
    """Return the notification URLs in such a file, one a line; empty lines and lines that begin with # are none."""
    raw = _private(path)
    if len(raw) > _MAX_BYTES:
        raise ValueError(f"{path} is too long for a list of URLs")
    lines = enumerate(raw.decode("utf-8", "replace").splitlines(), 1)
    said = [(number, line) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tuple(checked_url(line, f"line {number} of {path}") for number, line in said)


def _private(path: Path) -> bytes:
    """Return the beginning of a file that nobody else can read, a byte more than is allowed."""
    try:
        # Without O_NONBLOCK a named pipe would hold up the start for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError(f"{path} is not a regular file")
        if mode & 0o077:
            raise ValueError(f"{path} can be read by others (mode {mode & 0o777:04o}): chmod 600 {path}")
        return os.read(descriptor, _MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def from_command(command: tuple[str, ...], limit: float = COMMAND_SECONDS) -> str:
    """Return what a command prints; it gets no input, no shell, and `limit` seconds."""
    import subprocess  # noqa: PLC0415 - most starts need no command

    from octotui.redaction import mask_secrets  # noqa: PLC0415 - as above

    program = command[0]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, as a list of words
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"{program} has not ended after {limit:g} seconds") from None
    except OSError as error:
        raise ValueError(f"cannot start {program}: {error.strerror}") from None
    if done.returncode:
        said = mask_secrets(clean(done.stderr.decode(errors="replace").strip().partition("\n")[0], 300))
        raise ValueError(f"{program} ended with status {done.returncode}{': ' + said if said else ''}")
    return _decoded(done.stdout, f"what {program} prints")


def from_keyring(entry: str) -> str:
    """Return the key a system keyring holds under `service/name`; needs the package `keyring`."""
    try:
        import keyring  # type: ignore[import-not-found] # noqa: PLC0415 - only there when the user installed it
        from keyring.errors import KeyringError  # type: ignore[import-not-found] # noqa: PLC0415
    except ImportError:
        from octotui.extras import install_command  # noqa: PLC0415 - only on the way out

        needs = "needs the Python package keyring, which is not installed"
        raise ValueError(f"{needs}: {install_command('keyring')}") from None
    service, _, name = entry.partition("/")
    try:
        key = keyring.get_password(service, name)
    except KeyringError as error:
        raise ValueError(f"the keyring answers: {clean(str(error), 200)}") from None
    if key is None:
        raise ValueError(f"the keyring has no entry {entry}")
    return str(key)


def _decoded(raw: bytes, source: str) -> str:
    if len(raw) > _MAX_BYTES:
        raise ValueError(f"{source} is too long for a key")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{source} is not text") from None
