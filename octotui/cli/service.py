"""`watch` as a service: what systemd is told while it works, and the unit file to begin with."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from octotui.cli.sd_notify import ServiceManager
from octotui.task_events import gateway_words

if TYPE_CHECKING:
    from octotui.change_feed import ChangeFeed
    from octotui.engine.engine import Engine
    from octotui.model import EngineStatus, Task

_STATUS_EVERY = 5.0
"""Seconds between two lines for `systemctl status`."""
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")

_UNIT = """\
# octotui as a service of yours: polls{and_downloads} while you are away. To begin:
#   mkdir -p ~/.config/systemd/user ~/.config/octotui {folders_to_make}
#   octotui {arguments} --print-unit > ~/.config/systemd/user/octotui.service
#   put OCTOTUI_API_KEY=sk-... into ~/.config/octotui/environment, readable by you only (chmod 600)
#   systemctl --user daemon-reload && systemctl --user enable --now octotui
#   loginctl enable-linger            (it then runs while you are logged out, too)
# What it does: systemctl --user status octotui; what it says: journalctl --user -u octotui -f

[Unit]
Description=octotui: video generations seen, counted down and saved
Documentation=man:systemd.service(5)

[Service]
Type=notify
NotifyAccess=main
# The key; no file is needed where the configuration names a key file, a command or a keyring.
EnvironmentFile=-%h/.config/octotui/environment
{environment}ExecStart={command}
Restart=on-failure
RestartSec=5
# Settings that cannot be used stay so: 2 is for somebody to look at.
RestartPreventExitStatus=2
WatchdogSec=60
TimeoutStopSec=10
UMask=0077

# It writes into these folders and nowhere else. What a hook or a key command of yours writes, and every folder that
# was named with get --out, needs a line here, too. This needs user namespaces: where the kernel has none for users
# (status=217/USER or 226/NAMESPACE), take out PrivateUsers, ProtectSystem, ReadWritePaths and PrivateTmp.
PrivateUsers=yes
ProtectSystem=strict
{writable}PrivateTmp=yes
NoNewPrivileges=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


class Service:
    """Keeps the service manager told; call `look` at every look at the ledger."""

    def __init__(
        self,
        engine: Engine,
        manager: ServiceManager | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._manager = manager or ServiceManager()
        self._monotonic = monotonic
        self._is_ready = False
        self._said: str | None = None
        self._beats = 0
        self._status_at = self._asked_at = float("-inf")

    def report_progress(self, feed: ChangeFeed) -> None:
        """Say that we are ready (once), how things stand, and that the engine's loop answers."""
        now = self._monotonic()
        if not self._is_ready:
            self._is_ready = True
            self._manager.ready()
        if now - self._status_at >= _STATUS_EVERY:
            self._status_at = now
            words = status_words(feed.tasks.values(), feed.status(), time.time())
            words = f"paused; {words}" if feed.is_paused else words
            # The first word: how things stand is then old, since the engine tells it to the ledger.
            words = f"ledger not written: {unwritten.error}; {words}" if (unwritten := feed.unwritten) else words
            if words != self._said:
                self._said = words
                self._manager.status(words)
        if self._manager.watchdog is not None and now - self._asked_at >= self._manager.watchdog / 4:
            self._asked_at = now
            beats = self._engine.beats
            if beats != self._beats:
                # Fed by the engine's own progress alone: one that hangs feeds nobody, however lively this thread is.
                self._beats = beats
                self._manager.alive()

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._manager.stopping()


def status_words(tasks: Iterable[Task], status: EngineStatus | None, now: float) -> str:
    """Return how things stand in one line: `3 running, 1 completed; 2 downloads; gateway live`."""
    counts = Counter("saved" if task.is_saved else task.shown_state(now) for task in tasks)
    parts = [", ".join(f"{count} {word}" for word, count in counts.most_common()) or "no tasks"]
    if status is not None:
        if status.downloads_running:
            parts.append(f"{status.downloads_running} downloads")
        parts.append(gateway_words(status.gateway))
    return "; ".join(parts)


def unit_text(arguments: Sequence[str], *, writable: Sequence[Path], environ: Mapping[str, str]) -> str:
    """Return a systemd user unit that runs `octotui` with `arguments`.

    `writable` are the folders it writes into, as absolute paths, `environ` what it needs besides the key. No target
    of the network is named: a user's manager has none, and octotui waits for the network by itself.
    """
    return _UNIT.format(
        command=" ".join(_quoted(word, "%$") for word in [*program(), *arguments]),
        arguments=shlex.join(arguments),
        and_downloads=" and downloads" if "--download" in arguments else "",
        folders_to_make=shlex.join(map(str, writable)),
        environment="".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environ.items()),
        writable="".join(f"ReadWritePaths={_quoted(str(path))}\n" for path in writable),
    )


def program(invoked_as: str | None = None) -> list[str]:
    """Return the absolute command that starts this very octotui."""
    called = invoked_as or sys.argv[0]
    found = shutil.which(called) if Path(called).name == "octotui" else None
    if found is not None:
        return [str(Path(found).absolute())]
    # A virtual environment's python is a link, and must stay one.
    return [str(Path(sys.executable).absolute()), "-m", "octotui"]


def _quoted(word: str, doubled: str = "%") -> str:
    """Return a word as systemd reads it back (systemd.syntax(7)); of `doubled` a command line has `$` besides."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    for mark in doubled:
        escaped = escaped.replace(mark, 2 * mark)
    return escaped if _PLAIN.fullmatch(word) else f'"{escaped}"'
