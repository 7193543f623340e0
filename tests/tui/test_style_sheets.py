"""The style sheets of our classes and of the app: Textual ignores a rule for something that does not exist."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.css.model import Selector, SelectorType
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

import octotui.tui
from octotui.tui.app import OctoApp

FOLDER = Path(octotui.tui.__file__).parent
APP_SHEET = FOLDER / "octotui.tcss"


def all_below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    yield kind
    for child in kind.__subclasses__():
        yield from all_below(child)


@pytest.fixture
def classes() -> dict[str, type[DOMNode]]:
    """Every class a selector may name, by its name, those of Textual's palette among them."""
    for module in pkgutil.walk_packages(octotui.tui.__path__, "octotui.tui."):
        importlib.import_module(module.name)
    return {kind.__name__: kind for kind in all_below(DOMNode)}


@pytest.fixture
def selectors(classes: dict[str, type[DOMNode]], make_app: Callable[..., OctoApp]) -> list[Selector]:
    """All selectors of all style sheets of ours."""
    sheet = Stylesheet(variables=make_app().get_css_variables())
    sheet.add_source(APP_SHEET.read_text(), read_from=(str(APP_SHEET), ""))
    for name, kind in classes.items():
        if kind.__module__.startswith("octotui.") and "DEFAULT_CSS" in vars(kind):
            sheet.add_source(kind.DEFAULT_CSS, read_from=(name, ""))
    sets = [selector_set for rule in sheet.rules for selector_set in rule.selector_set]
    return [selector for each in sets for selector in each.selectors]


def test_every_class_that_a_style_is_for_exists(classes: dict[str, type[DOMNode]], selectors: list[Selector]) -> None:
    named = {selector.name for selector in selectors if selector.type is SelectorType.TYPE}
    assert named - classes.keys() == set()
    assert {"Dialog", "Dashboard", CommandPalette.__name__} <= named


def test_every_id_that_a_style_is_for_is_given_to_something(selectors: list[Selector]) -> None:
    ids = {selector.name for selector in selectors if selector.type is SelectorType.ID}
    source = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
    assert {name for name in ids if f'id="{name}"' not in source and not name.startswith("--")} == set()
    assert "dialog-keys" in ids
