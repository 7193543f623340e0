"""The man page: built from the commands, their options and examples, and the tables that the program goes by."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

import click

from octotui import __version__
from octotui.cli.help.examples import examples_of

_EXIT_CODES = (
    ("0", "all went well"),
    ("1", "a task failed or was cancelled"),
    ("2", "usage or configuration"),
    ("3", "the key was refused"),
    ("4", "out of quota"),
    ("5", "timed out"),
    ("6", "network or gateway trouble"),
    ("7", "a result expired before it was saved"),
    ("8", "disk or file"),
    ("130", "interrupted"),
)
_ENVIRONMENT = (
    ("OCTOTUI_API_KEY", "the key; OPENAI_API_KEY is used only with a base URL that was named"),
    ("OCTOTUI_BASE_URL", "the gateway, in place of base_url in the file; then OPENAI_BASE_URL"),
    ("OCTOTUI_CONFIG", "the configuration file"),
    ("OCTOTUI_PROFILE", "the profile of it"),
    ("OCTOTUI_STATE_DIR", "where ledgers are kept"),
    ("OCTOTUI_LEDGER", "URL of a PostgreSQL ledger, in place of ledger in the file"),
    ("NO_COLOR", "no colour, whatever it is set to"),
    ("VISUAL, EDITOR", "what octotui config edit opens the file with"),
)
_FILES = (
    ("$XDG_CONFIG_HOME/octotui/config.toml", "the configuration; octotui config init writes a commented example"),
    ("$XDG_STATE_HOME/octotui/", "ledgers, reports and logs"),
)


def man_page(program: click.Group) -> str:
    """Return the page in roff, for `man -l` or a folder of man pages."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: click.Group) -> Iterator[str]:
    yield f'.TH OCTOTUI 1 "" "octotui {__version__}" "User Commands"'
    yield from (".SH NAME", rf"octotui \- {_text('see, count down and save asynchronous video generations')}")
    yield from (".SH SYNOPSIS", ".B octotui", ".RI [ command ]", ".RI [ options ]", ".SH DESCRIPTION")
    root = click.Context(program, info_name="octotui")
    yield from _paragraphs(program.help or "")
    yield from _options(program, root)
    yield from _examples("octotui")
    yield ".SH COMMANDS"
    yield from _commands(program, root)
    yield from _table("FILTERS", _filters())
    yield from _table("COLUMNS", _columns())
    yield from _table("EXIT STATUS", _EXIT_CODES)
    yield from _table("ENVIRONMENT", _ENVIRONMENT)
    yield from _table("FILES", _FILES)


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        own = click.Context(command, info_name=name, parent=context)
        usage = " ".join(command.collect_usage_pieces(own))
        yield f".SS {_quoted(f'{own.command_path} {usage}')}"
        yield from _paragraphs(command.help or "")
        yield from _options(command, own)
        yield from _examples(own.command_path)
        if isinstance(command, click.Group):
            yield from _commands(command, own)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and not (
            context.parent is not None and parameter.name in {"help", "profile", "config_file"}
        ):
            yield from _entry(*record)


def _examples(command_path: str) -> Iterator[str]:
    for line, does in examples_of(command_path):
        yield from (".PP", f"{_text(does[:1].upper() + does[1:])}:", ".PP", ".nf", rf"\&    {_text(line)}", ".fi")


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(re.split(r"\n\s*\n", inspect.cleandoc(text).replace("\b", ""))):
        yield from ((".PP",) if number else ())
        yield _text(" ".join(paragraph.split()))


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f".SH {_quoted(title)}"
    for name, says in rows:
        yield from _entry(name, says)


def _entry(name: str, says: str) -> Iterator[str]:
    yield from (".TP", f".B {_quoted(name)}", _text(says or " "))


def _filters() -> list[tuple[str, str]]:
    from octotui.presentation.filters import FIELDS, MEASURES  # noqa: PLC0415 - as the whole page

    return [(f"{name}{'<' if name in MEASURES else ':'}", says) for name, says in FIELDS.items()]


def _columns() -> list[tuple[str, str]]:
    from octotui.presentation.fields import ALL  # noqa: PLC0415 - as the whole page

    return [(field.name, field.help) for field in ALL]


def _text(text: str) -> str:
    """Return text that roff takes for no request: hyphens that can be searched for, no dot at the beginning."""
    plain = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("`", r"\(ga")
    plain = "".join(each if each.isascii() else rf"\[u{ord(each):04X}]" for each in plain)
    return rf"\&{plain}" if plain.startswith(".") else plain


def _quoted(text: str) -> str:
    plain = _text(text).replace('"', '""')
    return f'"{plain}"'
