"""The main views as they were when somebody last looked; `python -m tests.tools.renew_snapshots` renews them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.pictures import DASHBOARD, EMPTY, FOLDER, PICTURES, SIZES, compare, place, still, walk


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_every_view_looks_as_it_did(size: tuple[int, int], tmp_path: Path) -> None:
    with still(tmp_path, size, "full") as terminal:
        walk(terminal, lambda picture: compare(terminal, place(picture.name, size)))


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_the_first_start_looks_as_it_did(size: tuple[int, int], tmp_path: Path) -> None:
    with still(tmp_path, size, "empty") as terminal:
        compare(terminal, place(EMPTY.name, size))


def test_no_picture_is_of_a_view_that_is_gone() -> None:
    known = {place(picture.name, size) for picture in (DASHBOARD, EMPTY, *PICTURES) for size in SIZES}
    assert set(FOLDER.iterdir()) == known
