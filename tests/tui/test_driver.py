"""The way to a terminal that has gone."""

from __future__ import annotations

import os
import pty

import pytest

from octotui.tui.driver import let_go


def test_what_a_dropped_line_did_not_take_is_dropped() -> None:
    ours, theirs = pty.openpty()
    file = os.fdopen(theirs, "w")
    file.write("\x1b[?1049l")
    os.close(ours)
    let_go(file)
    file.close()


def test_it_would_have_been_an_error() -> None:
    ours, theirs = pty.openpty()
    file = os.fdopen(theirs, "w")
    file.write("\x1b[?1049l")
    os.close(ours)
    with pytest.raises(OSError, match="Input/output error"):
        file.flush()
    let_go(file)
    file.close()


def test_a_terminal_that_is_there_takes_all_of_it() -> None:
    ours, theirs = pty.openpty()
    file = os.fdopen(theirs, "w")
    file.write("all of it")
    let_go(file)
    assert os.read(ours, 100) == b"all of it"
    file.close()
    os.close(ours)
