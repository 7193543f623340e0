"""The user's own commands, one for each occasion: run without a shell, within a time limit, and never in the way."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from octotui.config import Config
from octotui.config.secret_sources import ENVIRONMENT_NAMES
from octotui.config.system_token import TOKEN_VARIABLE
from octotui.engine.worker_pool import WorkerPool
from octotui.model import DownloadState, EventKind, LogEntry
from octotui.redaction import holds_hidden, mask_for_others
from octotui.sanitize import clean
from octotui.task_events import NoticeKind, TaskNotice
from octotui.task_json import task_json

AT_ONCE = 2
"""Hooks that run at the same time."""
_LOOK_EVERY = 0.05
"""Seconds between two looks whether a hook has ended."""
_LAST_WORDS = 2000
"""Bytes kept of what a hook wrote to its standard error."""
_TOKENS = frozenset({*ENVIRONMENT_NAMES, TOKEN_VARIABLE})
"""Variables that hold a key or token, whether or not this process uses it."""
_REAL_KEY = 8
"""Characters of the shortest key that is looked for inside of other text."""


class Hooks:
    """Runs the hook of each piece of news; what goes wrong with one is a line in the activity log."""

    def __init__(
        self,
        config: Config,
        *,
        log: Callable[[LogEntry], None],
        clock: Callable[[], float],
        begin: Callable[[Sequence[TaskNotice]], list[TaskNotice]] = list,
    ) -> None:
        """`log` is called in threads of their own, and so is `begin`, which says of which nobody else has told."""
        self._begin = begin
        self._config = config
        self._commands = commands_of(config)
        self._log = log
        self._clock = clock
        self._pool = WorkerPool(self._work, name="octotui-hook", at_once=AT_ONCE)
        self._running: dict[int, TaskNotice] = {}
        """By the thread that looks after it."""

    @property
    def is_busy(self) -> bool:
        """Whether a hook runs or waits for its turn."""
        return self._pool.is_busy

    @property
    def room(self) -> int:
        """How many more pieces of news may wait."""
        return self._pool.room

    def wants(self, kind: NoticeKind) -> bool:
        """Whether there is a hook for this kind of news."""
        return kind in self._commands

    def run_for(self, notice: TaskNotice) -> None:
        """Have the hook for `notice` run, if there is one. Returns at once."""
        if notice.event in self._commands and not self._pool.put(notice):
            self._complain(notice, "not run: too many are waiting")

    def stop(self, timeout: float) -> None:
        """Wait at most `timeout` seconds; after that those that run are left to themselves, the others are not run."""
        for notice in self._pool.stop(timeout):
            # What stands in the outbox is left to whoever works next.
            if not notice.number:
                self._complain(notice, "not run: octotui has ended")
        for notice in list(self._running.values()):
            self._complain(notice, "still runs; octotui has ended and no longer looks after it")

    def _work(self, items: list[TaskNotice]) -> None:
        for notice in self._begin(items):
            facts = json.dumps(task_json(notice.task, notice.at)).encode() + b"\n"
            surroundings = environment_of(notice, self._config, os.environ)
            self._running[threading.get_ident()] = notice
            try:
                trouble = run_hook(
                    self._commands[notice.event], facts, surroundings, limit=self._config.hook_time_limit
                )
            finally:
                del self._running[threading.get_ident()]
            if trouble is not None:
                self._complain(notice, trouble)

    def _complain(self, notice: TaskNotice, words: str) -> None:
        program = clean(self._commands[notice.event][0], 200)
        self._log(
            LogEntry(self._clock(), EventKind.HOOK, notice.task.id, f"hook for {notice.event} ({program}): {words}")
        )


def commands_of(config: Config) -> dict[NoticeKind, tuple[str, ...]]:
    """Return the hooks that are set, as lists of words."""
    commands = {
        NoticeKind.COMPLETED: config.on_completed,
        NoticeKind.FAILED: config.on_failed,
        NoticeKind.SAVED: config.on_saved,
        NoticeKind.EXPIRING: config.on_expiring,
        NoticeKind.LOST: config.on_lost,
    }
    return {event: command for event, command in commands.items() if command}


def environment_of(notice: TaskNotice, config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables a hook gets: `environ` without key and token, wherever they stand, and facts of `notice`.

    A fact that is not known is an empty variable.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _TOKENS and not _holds(value, config.api_key) and not holds_hidden(value)
    }
    task, download = notice.task, notice.task.download
    facts = {
        "EVENT": notice.event.value,
        "AT": _whole(notice.at),
        "ID": task.id,
        "PROVIDER": task.provider,
        "MODEL": task.model,
        "STATE": task.shown_state(notice.at),
        "ERROR": download.error if download.state is DownloadState.FAILED else task.error_message or task.error_code,
        "EXPIRES_AT": None if task.deadline is None else _whole(task.deadline.at),
        "DOWNLOAD": download.state.value,
        "FILE": download.file,
        "BYTES": None if download.bytes_total is None else str(download.bytes_total),
        "SHA256": download.sha256,
        "TAGS": ",".join(task.tags),
        "PROFILE": config.profile,
    }
    return kept | {f"OCTOTUI_{name}": (value or "").replace("\0", "\ufffd") for name, value in facts.items()}


def run_hook(command: tuple[str, ...], facts: bytes, environ: Mapping[str, str], *, limit: float) -> str | None:
    """Run `command` with `facts` on its standard input; returns why it failed, in words, None when it did not.

    After `limit` seconds it is killed, together with whatever it has started that is still in its process group.
    """
    # Bytes, as a locale without UTF-8 must not keep a hook from being run.
    words = [word.encode("utf-8", "surrogateescape") for word in command]
    variables = {os.fsencode(name): value.encode("utf-8", "surrogateescape") for name, value in environ.items()}
    try:
        # A file, not a pipe: a hook that reads nothing must not hold anything up.
        with tempfile.TemporaryFile() as standard_input:
            standard_input.write(facts)
            standard_input.seek(0)
            process = subprocess.Popen(  # noqa: S603 - the user's own command, as a list of words
                words,
                stdin=standard_input,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=variables,
                start_new_session=True,
            )
    except OSError as error:
        return f"cannot start: {error.strerror}"
    with process:
        said = _attend(process, limit)
    if said is None:
        return f"killed: it had not ended after {limit:g} s"
    if process.returncode == 0:
        return None
    last_line = said.decode(errors="replace").strip().rpartition("\n")[2]
    words_said = f": {mask_for_others(clean(last_line, 300))}" if last_line else ""
    if process.returncode < 0:
        return f"ended by signal {-process.returncode}{words_said}"
    return f"ended with status {process.returncode}{words_said}"


def _attend(process: subprocess.Popen[bytes], limit: float) -> bytes | None:
    """Wait for `process` and return the end of what it said; None when it had to be killed.

    Its end is what counts, not that of its standard error: something it left behind may keep that open for ever.
    """
    assert process.stderr is not None  # noqa: S101 - it was started with a pipe
    pipe = process.stderr.fileno()
    os.set_blocking(pipe, False)
    end = time.monotonic() + limit
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while process.poll() is None:
            if time.monotonic() >= end:
                # It may have ended between the two looks; some systems then refuse the signal.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                return None
            if selector.select(_LOOK_EVERY):
                piece = _piece(pipe)
                said = (said + piece)[-_LAST_WORDS:]
                if not piece:
                    selector.unregister(pipe)
    return (said + _piece(pipe))[-_LAST_WORDS:]


def _piece(pipe: int) -> bytes:
    try:
        return os.read(pipe, 65536)
    except BlockingIOError:
        return b""


def _holds(value: str, key: str | None) -> bool:
    """Whether a variable gives the key away; one of a few letters is in everything."""
    return key is not None and (value == key or (len(key) >= _REAL_KEY and key in value))


def _whole(at: float) -> str:
    return str(int(at))
