"""The `octotui` command: opens the dashboard or runs a subcommand; every error becomes one clear line and its code."""

from __future__ import annotations

import errno
import os
import sys

from octotui import garbage
from octotui.cli.exit_codes import CommandError, ExitCode, PipeClosed, of_failure


def main() -> None:
    """Run the command line and exit."""
    _fill_closed()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a glyph is no reason to end with a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        _forget_stdout()
        # A reader that has had enough, or a terminal that has gone, is no error.
        if error.errno not in {errno.EPIPE, errno.EIO} and code == ExitCode.OK:
            code = _complain(*_explained(error))
    sys.exit(code)


def _fill_closed() -> None:
    """Open what the caller has closed of the three standard files: else the next file opened takes its number.

    What is written to stdout then fails when it is written, and only then.
    """
    for descriptor, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, flags)
            if nothing != descriptor:
                os.dup2(nothing, descriptor)
                os.close(nothing)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def _run() -> int:
    try:
        return _run_alone() if _is_alone() else _run_command()
    except KeyboardInterrupt:
        return _complain("interrupted", ExitCode.INTERRUPTED)
    except PipeClosed:
        _forget_stdout()
        return ExitCode.OK
    except CommandError as error:
        return _complain(str(error), error.code)
    except _known_errors() as error:
        return _complain(*_explained(error))


def _is_alone() -> bool:
    """Whether `octotui` was typed and nothing else; a shell that asks how to complete it says so in the environment."""
    return len(sys.argv) == 1 and "_OCTOTUI_COMPLETE" not in os.environ


def _run_alone() -> int:
    garbage.turn_off()  # the screen turns it on again
    from octotui.cli.context import Session  # noqa: PLC0415 - each way imports its own
    from octotui.cli.dashboard import open_dashboard  # noqa: PLC0415 - no command needs the screen

    return open_dashboard(Session())


def _run_command() -> int:
    from octotui.cli import command_table  # noqa: PLC0415 - the dashboard alone does not need click

    return command_table.run()


def _known_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the rooms below. Called only while an error is on its way out: no start pays for it."""
    from octotui.config import ConfigError  # noqa: PLC0415 - see above
    from octotui.gateway.errors import BadProxyError, RequestError  # noqa: PLC0415 - see above
    from octotui.ledger import LedgerError  # noqa: PLC0415 - see above

    return ConfigError, BadProxyError, RequestError, LedgerError, OSError


def _explained(error: Exception) -> tuple[str, ExitCode]:
    """Return the words and the exit code for one of `_known_errors`."""
    from octotui.config import ConfigError  # noqa: PLC0415 - as above
    from octotui.gateway.errors import BadProxyError, RequestError  # noqa: PLC0415 - as above

    if isinstance(error, (ConfigError, BadProxyError)):
        return str(error), ExitCode.USAGE
    if isinstance(error, RequestError):
        return error.message, of_failure(error.kind)
    if isinstance(error, OSError):
        if error.errno == errno.EBADF and not error.filename:
            return "standard output is closed", ExitCode.FILE
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", ExitCode.FILE
    return str(error), ExitCode.FILE


def _complain(message: str, code: ExitCode) -> ExitCode:
    try:
        sys.stderr.write(f"octotui: {message}\n")
        sys.stderr.flush()
    except BrokenPipeError:
        return code
    return code


def _forget_stdout() -> None:
    """Point stdout at nothing, so that Python does not complain about the closed pipe when it exits."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
