"""Every command can be found, and each thing has one word: *save*, *ask*, *lost*, *deadline*."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.config.settings_table import SETTINGS
from octotui.ledger import Ledger
from octotui.presentation.styled_text import plain, width_of
from octotui.tui.app import OctoApp
from octotui.tui.commands import COMMANDS, keys_in_use, show_key
from octotui.tui.dashboard.footer import footer_line
from octotui.tui.dialogs.help import help_lines
from octotui.tui.palette import palette_entries
from tests.support.screen import press, screen_text, until
from tests.tui.tasks import ready, record

MakeApp = Callable[..., OctoApp]

_OTHER_WORDS = re.compile(r"\b(?:download(?:s|ed|ing)?|fetch(?:es|ed|ing)?)\b", re.IGNORECASE)


def test_labels_and_tooltips_say_save() -> None:
    wrong = [command.id for command in COMMANDS if _OTHER_WORDS.search(f"{command.label} {command.tooltip}")]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(path.name for path in (Path(__file__).parent / "snapshots").glob("*.txt")))
def test_no_view_says_it_otherwise(name: str) -> None:
    if name.startswith(("help", "overview")):
        return  # the first names commands by their ids, which stay; the second names what came over the line
    text = (Path(__file__).parent / "snapshots" / name).read_text()
    assert [line for line in text.splitlines() if _OTHER_WORDS.search(line)] == []


def test_settings_are_explained_in_the_same_words() -> None:
    sentences = {setting.name: re.sub(r"\w+_\w+", "", setting.help) for setting in SETTINGS.values()}
    assert {name for name, help_text in sentences.items() if _OTHER_WORDS.search(help_text)} == set()


@pytest.mark.parametrize(
    ("width", "ids"),
    [
        (40, {"help", "quit", "download", "download_all", "filter"}),
        (80, {"add", "details", "palette"}),
        (120, {"ask_now", "mark"}),
        (200, {"next_loss", "overview", "copy", "failures", "title", "tags", "undo"}),
    ],
)
def test_what_is_needed_most_is_in_the_footer(width: int, ids: set[str]) -> None:
    keys = keys_in_use({})
    # Of a result that nobody has saved yet.
    line = footer_line(keys, width, frozenset({"pause", "cancel", "play"}))
    assert width_of(line) <= width
    shown = {text for text, _ in line}
    assert {command_id for command_id in ids if show_key(keys[command_id][0]) not in shown} == set()


async def test_the_palette_names_every_command_with_its_key(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 2000))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.dashboard.snapshot.tasks)
        entries = list(
            palette_entries(
                app.dashboard,
                switch_profile=lambda name: None,
                show_view=lambda view: None,
                themes=(),
                set_theme=lambda name: None,
            )
        )
        names = [entry.name for entry in entries]
        for command in COMMANDS:
            if command.id != "palette" and not command.each_key:
                assert f"{command.label}  ({', '.join(map(show_key, command.keys))})" in names
        assert "Pane: Veo  (4)" in names
        await press(pilot, "colon", *"Pane: Veo", "enter")
        await until(pilot, lambda: app.dashboard.panes.current == "veo")
        await press(pilot, "colon", *"Next loss", "enter")
        await until(pilot, lambda: app.dashboard.panes.current == "sora")


@pytest.mark.parametrize("word", ["slack", "lag", "ledger", "deadline", "sources", "lost", "save", "ask"])
@pytest.mark.parametrize("width", [36, 76, 120])
def test_the_help_explains_the_words(word: str, width: int) -> None:
    lines = help_lines(keys_in_use({}), word, width)
    assert any(plain(line).startswith(f"  {word} ") for line in lines)
    assert any(plain(line).startswith("Words") for line in lines)


async def test_the_glossary_is_found_from_the_keyboard(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "question_mark", "slash", *"slack", "enter")
        await until(pilot, lambda: "time left until the deadline, less what" in screen_text(app))
