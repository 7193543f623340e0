"""What a command ends with: the public exit codes (`INTERFACE.md`), and which of them a task stands for."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from octotui.model import DownloadState, DownloadTrouble, FailureKind, GatewayState, Task, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """The exit codes, one meaning each."""

    OK = 0
    TASK_FAILED = 1
    """A task failed or was cancelled."""
    USAGE = 2
    """Usage or configuration."""
    KEY_REFUSED = 3
    OUT_OF_QUOTA = 4
    TIMED_OUT = 5
    GATEWAY = 6
    """Network or gateway trouble."""
    EXPIRED = 7
    """Expired before it was saved."""
    FILE = 8
    """Disk or file."""
    INTERRUPTED = 130


_WORST_FIRST = (
    ExitCode.USAGE,
    ExitCode.KEY_REFUSED,
    ExitCode.OUT_OF_QUOTA,
    ExitCode.FILE,
    ExitCode.GATEWAY,
    ExitCode.TIMED_OUT,
    ExitCode.EXPIRED,
    ExitCode.TASK_FAILED,
    ExitCode.OK,
)


class CommandError(Exception):
    """Ends a command with one line on stderr and an exit code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


class PipeClosed(Exception):
    """The reader of stdout has gone (`octotui ls | head`)."""


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that says most about what went wrong: what stops every task before what befell one of them."""
    return min(codes, key=_WORST_FIRST.index, default=ExitCode.OK)


def of_failure(kind: FailureKind) -> ExitCode:
    """Return what a request that brought no answer stands for."""
    if kind is FailureKind.KEY_REFUSED:
        return ExitCode.KEY_REFUSED
    return ExitCode.OUT_OF_QUOTA if kind is FailureKind.OUT_OF_QUOTA else ExitCode.GATEWAY


def of_request(task: Task, gateway: GatewayState) -> ExitCode:
    """Return what the last request about a task stands for; a refused key is one only where the `gateway` says so."""
    code = ExitCode.OK if task.failure is None else of_failure(task.failure.kind)
    is_of_key = code in {ExitCode.KEY_REFUSED, ExitCode.OUT_OF_QUOTA}
    is_told = gateway in {GatewayState.KEY_REFUSED, GatewayState.OUT_OF_QUOTA}
    return ExitCode.GATEWAY if is_of_key and not is_told else code


def of_state(task: Task, now: float) -> ExitCode:
    """Return what a task's own end stands for; `now` in unix seconds."""
    if task.is_expired(now):
        return ExitCode.EXPIRED
    return ExitCode.TASK_FAILED if task.state in {TaskState.FAILED, TaskState.CANCELLED} else ExitCode.OK


def of_download(task: Task, now: float) -> ExitCode:
    """Return what the end of a download stands for, or its wait for what is not waited for; `now` in unix seconds."""
    if task.download.lacks_folder:
        return ExitCode.FILE
    is_refused = task.download.trouble is DownloadTrouble.REFUSED
    is_put_off = task.download.state is DownloadState.WANTED and (
        is_refused or task.is_expired(now) or not task.is_ready
    )
    if task.download.state is not DownloadState.FAILED and not (is_put_off and task.download.error):
        return ExitCode.OK
    if task.download.is_about_disk:
        return ExitCode.FILE
    return ExitCode.EXPIRED if task.is_expired(now) else ExitCode.GATEWAY
