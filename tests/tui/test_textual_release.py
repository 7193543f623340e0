"""Releases of Textual in which a private part differs: the screen is as right, and only tui/terminal knows of them."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from textual._compositor import ChopsUpdate, Compositor
from textual.app import App
from textual.binding import BindingsMap
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

import octotui
import octotui.tui
from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.terminal import shapes
from octotui.tui.terminal.keys import bindings_of
from tests.support.screen import screen_text, settle
from tests.support.terminal import on_terminal
from tests.support.textual_release import with_renamed
from tests.tui.pictures import STILL, compare, place

ROOT = Path(octotui.__file__).parent
ROOM = ROOT / "tui" / "terminal"
SIZE = (80, 24)
NEEDED = (
    *("_compositor", "ChopsUpdate", "_dirty_regions", "_regions_to_spans", "_render_chops"),
    *("_update_timer", "_on_timer_update"),
    *("linux_driver", "_driver"),
    "_bindings",
)
"""What tui/terminal needs of Textual's private parts, and the one module that it looks for before use."""
COMPOSITOR = "the stock compositor is used"
FRAMES = "frames come at the stock pace"
DRIVER = "the stock driver is used"


@pytest.mark.parametrize("name", NEEDED)
def test_another_release_shows_the_same(name: str, full_folder: Path, tmp_path: Path) -> None:
    release = with_renamed(tmp_path / "release", name)
    environ = {**STILL, "PYTHONPATH": str(release)}
    arguments = ["-m", "tests.tui.still", str(full_folder), "full"]
    with on_terminal(arguments, size=SIZE, environ=environ) as terminal:
        compare(terminal, place("dashboard", SIZE))
        for keys, shown in ((b"\r", "details"), (b"\x1b", "dashboard"), (b"w", "views"), (b"\x1b", "dashboard")):
            terminal.press(keys)
            compare(terminal, place(shown, SIZE))
        terminal.press(b"/state:run\rs2 ")
        compare(terminal, place("filtered", SIZE))
        terminal.overwrite(b"\x1b[2J\x1b[5;5Hsomebody else")
        terminal.press(b"\x0c")  # which draws all of it again
        compare(terminal, place("filtered", SIZE))
        terminal.press(b"q")
        terminal.until(lambda: "nobody saves" in terminal.text)
        terminal.press(b"\r")
        assert terminal.exit_code() == 0


@pytest.fixture
def full_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


async def test_the_stock_compositor_draws_the_same(
    full_ledger: Ledger, make_app: Callable[..., OctoApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    for fits in (True, False):
        if not fits:
            monkeypatch.setattr(shapes, "compositor_fits", lambda: False)
            monkeypatch.setattr(shapes, "frames_fit", lambda: False)
        app = make_app()
        async with app.run_test(size=SIZE) as pilot:
            await settle(pilot)
            assert (type(app.dashboard._compositor) is Compositor) is not fits
            assert (app.dashboard._frames is not None) is fits
            shown.append(screen_text(app))
    assert shown[0] == shown[1]


def test_the_installed_release_has_the_shapes() -> None:
    assert shapes.differences() == []


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (Compositor, "_regions_to_spans", COMPOSITOR),
        (Compositor, "_render_chops", COMPOSITOR),
        (Compositor, "render_partial_update", COMPOSITOR),
        (Compositor, "cuts", COMPOSITOR),
        (Compositor, "visible_widgets", COMPOSITOR),
        (Compositor, "__init__", COMPOSITOR),
        (ChopsUpdate, "__init__", COMPOSITOR),
        (Screen, "_update_timer", FRAMES),
        (Screen, "_on_timer_update", FRAMES),
        (LinuxDriver, "write", DRIVER),
        (LinuxDriver, "flush", DRIVER),
        (LinuxDriver, "process_message", DRIVER),
        (LinuxDriver, "close", DRIVER),
        (App, "__init__", DRIVER),
    ],
)
def test_what_is_not_as_it_was_is_missed(kind: type, name: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, name, None)
    assert words in shapes.differences()


def test_what_takes_something_else_is_another_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    def regions_to_spans(cls: type, regions: object, clip: object) -> object:
        return regions

    monkeypatch.setattr(Compositor, "_regions_to_spans", classmethod(regions_to_spans))
    assert shapes.differences() == [COMPOSITOR]


def test_bindings_are_found_by_their_type(make_app: Callable[..., OctoApp]) -> None:
    app = make_app()
    own = app._bindings
    del app._bindings
    with pytest.raises(LookupError, match=re.escape(shapes.KNOWN)):
        bindings_of(app)
    vars(app)["_by_another_name"] = own
    assert bindings_of(app) is own
    assert isinstance(own, BindingsMap)


def test_the_releases_it_was_tried_with_are_the_ones_that_are_asked_for() -> None:
    assert f'"textual{shapes.KNOWN}"' in (ROOT.parent / "pyproject.toml").read_text()


# Nobody else knows private parts


def sources() -> Iterator[tuple[str, ast.Module, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        if ROOM not in path.parents:
            text = path.read_text()
            yield str(path.relative_to(ROOT)), ast.parse(text), text


def private_imports(tree: ast.Module) -> list[str]:
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] in {"textual", "textual_image"} and "._" in name]


def test_nobody_else_imports_private_parts_or_is_excused_for_reaching_into_another() -> None:
    imports = {name: found for name, tree, _ in sources() if (found := private_imports(tree))}
    excused = [name for name, _, text in sources() if "SLF001" in text]
    assert (imports, excused) == ({}, [])


@cache
def class_definitions(path: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(Path(path).read_text())
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


@cache
def private_names(kind: type) -> frozenset[str]:
    """The names with an underscore that a class has or uses of itself."""
    tree = class_definitions(inspect.getfile(kind))[kind.__name__]
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
    }
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(name for name in used | defined if name.startswith("_") and not name.startswith("__"))


def widgets_of_ours() -> Iterator[type]:
    """All classes outside of tui/terminal that have one of Textual's, or one of that folder's, above them."""
    for module in pkgutil.walk_packages(octotui.tui.__path__, "octotui.tui."):
        if ".terminal." not in module.name:
            for kind in vars(importlib.import_module(module.name)).values():
                if isinstance(kind, type) and kind.__module__ == module.name and any(map(is_textuals, kind.__mro__)):
                    yield kind


def is_textuals(kind: type) -> bool:
    return kind.__module__.split(".")[0] == "textual"


def test_no_widget_of_ours_uses_or_replaces_a_private_part() -> None:
    found = {
        f"{kind.__name__}.{name}"
        for kind in widgets_of_ours()
        for base in kind.__mro__
        if is_textuals(base)
        for name in private_names(kind) & private_names(base)
    }
    assert found == set()
    assert {"Dashboard", "Dialog", "TaskTable"} <= {kind.__name__ for kind in widgets_of_ours()}
