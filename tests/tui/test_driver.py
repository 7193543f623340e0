"""The way to a terminal that has gone."""

from __future__ import annotations

import os
import pty
from typing import TextIO

import pytest

from octotui.tui.terminal.driver import let_go


@pytest.fixture
def dropped() -> TextIO:
    """A terminal that has gone, with something left for it."""
    ours, theirs = pty.openpty()
    file = os.fdopen(theirs, "w")
    file.write("\x1b[?1049l")
    os.close(ours)
    return file


def test_what_a_dropped_line_did_not_take_is_dropped(dropped: TextIO) -> None:
    let_go(dropped)
    dropped.close()


def test_it_would_have_been_an_error(dropped: TextIO) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        dropped.flush()
    let_go(dropped)
    dropped.close()


def test_a_terminal_that_is_there_takes_all_of_it() -> None:
    ours, theirs = pty.openpty()
    file = os.fdopen(theirs, "w")
    file.write("all of it")
    let_go(file)
    assert os.read(ours, 100) == b"all of it"
    file.close()
    os.close(ours)
