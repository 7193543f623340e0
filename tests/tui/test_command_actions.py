"""Commands and what they do: each has its action, and the type check sees one that is gone."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grimp

from octotui.tui.app import OctoApp
from octotui.tui.commands import BY_ID, COMMANDS

ROOT = Path(__file__).parents[2]
WHOLE = {"octotui.tui.app", "octotui.tui.dashboard.screen"}
"""Modules of the application and of the whole dashboard."""


def test_every_command_has_an_action_and_no_other_is_there(make_app: Callable[..., OctoApp]) -> None:
    commands = make_app().dashboard.commands
    assert {*commands.by_id, *commands.by_number} == set(BY_ID)
    assert set(commands.by_number) == {command.id for command in COMMANDS if command.each_key}


def without(source: str, class_name: str, method: str) -> str:
    """`source` without one method."""
    lines = source.splitlines(keepends=True)
    (of_class,) = (
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    (found,) = (node for node in of_class.body if isinstance(node, ast.FunctionDef) and node.name == method)
    assert found.end_lineno is not None
    del lines[found.lineno - 1 : found.end_lineno]
    return "".join(lines)


def test_the_type_check_sees_the_action_of_a_command_that_is_gone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "octotui", tmp_path / "octotui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    gone = {
        "navigation": ("Navigation", "mark_all"),
        "task_actions": ("TaskActions", "pause"),
        "dialog_actions": ("DialogActions", "log"),
        "detail_actions": ("DetailActions", "details"),
        "view_actions": ("ViewActions", "back"),
        "exit_actions": ("ExitActions", "quit"),
        "side_panel": ("SidePanel", "edit_filter"),
    }
    for module, (class_name, method) in gone.items():
        path = tmp_path / "octotui" / "tui" / "dashboard" / f"{module}.py"
        path.write_text(without(path.read_text(), class_name, method))
    app = tmp_path / "octotui" / "tui" / "app.py"
    app.write_text(without(app.read_text(), "OctoApp", "redraw"))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "octotui/tui/app.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1, checked.stdout + checked.stderr
    seen = [line for line in checked.stdout.splitlines() if "command_actions.py" in line]
    assert len(seen) == len(gone)
    for class_name, method in gone.values():
        assert any(f'"{class_name}" has no attribute "{method}"' in line for line in seen)
    assert '"OctoApp"; expected "Program"' in checked.stdout


def test_nobody_but_the_application_knows_the_whole_dashboard() -> None:
    # Imports inside functions and for the type check alone count too.
    graph = grimp.build_graph("octotui", cache_dir=None)
    known = {
        (importer, module)
        for module in WHOLE
        for importer in graph.find_modules_that_directly_import(module)
        if importer.startswith("octotui.tui")
    }
    assert known == {("octotui.tui.app", "octotui.tui.dashboard.screen")}
