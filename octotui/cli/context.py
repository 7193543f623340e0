"""What every command starts with: which configuration, which ledger, which tasks are meant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeVar

from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.sanitize import clean

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from octotui.config import Config
    from octotui.ledger import Ledger
    from octotui.model import Task
    from octotui.presentation.boxes.whereabouts import Fleet

Function = TypeVar("Function", bound=Callable[..., Any])

_MOST_FITTING = 5
"""Tasks that are named where a partial id can mean several."""
_PATIENCE = 1.0
"""Seconds after which it is said that somebody else keeps the ledger."""


@dataclass(slots=True)
class Session:
    """The options that all commands share."""

    config_file: Path | None = None
    profile: str | None = None
    ascii: bool = False
    """Whether plain marks were asked for, whatever the configuration says."""
    low_bandwidth: bool = False
    """The same of drawing less."""
    read_only: bool = False
    """Whether octotui was opened to look only: nothing is asked, saved or written."""

    def file(self) -> Path:
        """Return where the configuration is, or would be."""
        from octotui.config import config_path  # noqa: PLC0415 - as below

        return config_path() if self.config_file is None else self.config_file.absolute()

    def config(self) -> Config:
        """Return the settings without the key, for commands that send nothing. Raises `ConfigError`."""
        from octotui.config import load  # noqa: PLC0415 - `--version` and `--help` need none

        return load(self.config_file, profile=self.profile, with_key=False)

    def config_with_key(self) -> Config:
        """Return the settings with the key. Raises `ConfigError`, `CommandError` when there is none."""
        from octotui.config import load  # noqa: PLC0415 - as above

        config = load(self.config_file, profile=self.profile)
        if config.api_key is None:
            from octotui.config.no_key import no_key  # noqa: PLC0415 - only on the way out

            raise CommandError(": ".join(no_key(config)))
        return config


def session_of(context: click.Context) -> Session:
    """Return the session of a command's context, made on first use."""
    return context.find_root().ensure_object(Session)


def command_options(function: Function) -> Function:
    """Give a command `--config` and `--profile`; both may stand before or behind the command's name."""
    import click  # noqa: PLC0415 - the dashboard alone needs a session, and no click

    for option in (
        click.option(
            "--profile",
            metavar="NAME",
            shell_complete=_complete_profile,
            expose_value=False,
            callback=keep("profile"),
            help="Use [profiles.NAME] (also: OCTOTUI_PROFILE).",
        ),
        click.option(
            "--config",
            "config_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=keep("config_file"),
            help="Read this configuration (also: OCTOTUI_CONFIG).",
        ),
    ):
        function = option(function)
    return function


def screen_options(function: Function) -> Function:
    """Give a command that has a screen `--ascii` and `--low-bandwidth`; both may stand before the command's name."""
    import click  # noqa: PLC0415 - as above

    for flag, name, words in (
        ("--low-bandwidth", "low_bandwidth", "Less to draw, for slow lines."),
        ("--ascii", "ascii", "Plain ASCII marks, for terminals without glyphs."),
    ):
        option = click.option(flag, is_flag=True, expose_value=False, callback=keep(name), help=words)
        function = option(function)
    return function


def keep(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    """Return a callback that keeps an option's value in the session."""

    def keep_value(context: click.Context, _parameter: click.Parameter, value: object) -> None:
        if value is not None and value is not False:
            setattr(session_of(context), name, value)

    return keep_value


@contextmanager
def open_ledger(
    config: Config, *, is_reader: bool = False, read_only: bool = False, late: bool = False
) -> Iterator[Ledger]:
    """Open this profile's ledger and close it again; says so where that takes a while. Raises `LedgerError`.

    A command that `is_reader` waits for nobody who writes, and works where the state folder cannot be written; with
    `read_only` (`Session.read_only`) nothing is made or mended there either. With `late` no server is waited for.
    """
    from octotui.config.ledger_password import ledger_password  # noqa: PLC0415 - as below
    from octotui.ledger import Ledger  # noqa: PLC0415 - `config` and `completion` need none

    place = config.ledger_place
    notice = Timer(_PATIENCE, _say_what_it_waits_for, (place,))
    notice.daemon = True
    notice.start()
    try:
        ledger = Ledger.open(
            place, is_reader=is_reader, read_only=read_only, late=late, password=ledger_password(config)
        )
    finally:
        notice.cancel()
    with ledger:
        yield ledger


def fleet_of(config: Config, ledger: Ledger) -> Fleet:
    """Return what tells which files are on other machines. Writes nothing."""
    from octotui.presentation.boxes.whereabouts import ALONE, Fleet  # noqa: PLC0415 - most commands name no file

    if not ledger.is_shared:
        return ALONE
    from octotui.save_place import folder_of, known_place  # noqa: PLC0415 - as above

    return Fleet(known_place(folder_of(config.download_dir)))


def say_notices(ledger: Ledger) -> None:
    """Say on stderr what people should know about the ledger itself."""
    for line in ledger.notices.lines:
        sys.stderr.write(f"octotui: {clean(line, 1000)}\n")
    sys.stderr.flush()


def _say_what_it_waits_for(place: Path | str) -> None:
    from octotui.ledger.url import in_words  # noqa: PLC0415 - as above

    if isinstance(place, str):
        words = "its server has not answered yet"
    elif place.with_name(f"{place.name}.copy").exists():
        words = "what can be read of a damaged one is brought over"
    else:
        words = "another process is writing"
    sys.stderr.write(f"octotui: waiting for the ledger {in_words(place)}: {words}\n")
    sys.stderr.flush()


def watched(ledger: Ledger, ids: Sequence[str]) -> list[str]:
    """Return the ids of the tasks that are meant, each once; a shortened or partial id means the one task that fits.

    Raises `CommandError` when none fits, or several: then it names them, five at most.
    """
    wanted = dict.fromkeys(task_id.strip() for task_id in ids)
    partial = [written for written in wanted if ledger.task(written) is None]
    all_ids = [task.id for page in ledger.pages() for task in page] if partial else []
    fits = {written: fitting(all_ids, written) if written in partial else [written] for written in wanted}
    unknown = [written for written, found in fits.items() if not found]
    if unknown:
        shown = " ".join(clean(task_id, 300) for task_id in unknown[:10])
        raise CommandError(f"not watched: {shown}; add it first: octotui add {shown}")
    for written, found in fits.items():
        if len(found) > 1:
            shown = "  ".join(clean(task_id, 300) for task_id in found[:_MOST_FITTING])
            more = f" and {len(found) - _MOST_FITTING} more" if len(found) > _MOST_FITTING else ""
            raise CommandError(f"{clean(written, 300)} can mean {len(found)} tasks: {shown}{more}")
    return list(dict.fromkeys(found[0] for found in fits.values()))


def fitting(ids: Iterable[str], written: str) -> list[str]:
    """Return those of the watched `ids` that a shortened or partial id can mean."""
    from octotui.intake.shortened import matching  # noqa: PLC0415 - a whole id needs none of it

    return matching(written, ids)


def provider_labels(config: Config) -> dict[str, str]:
    """Return what each provider is called."""
    return {provider.name: provider.label for provider in config.providers}


def check_provider(config: Config, name: str | None) -> None:
    """Raise `CommandError` when there is no provider of that name."""
    names = [provider.name for provider in config.providers]
    if name is not None and name not in names:
        from octotui.config.problems import choices_message  # noqa: PLC0415 - only on the way out

        raise CommandError(choices_message(name, names, "provider"))


def complete_id(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the watched ids that begin with what was typed so far, for the shell; none where they cannot be read."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell's completion comes here

    return [
        CompletionItem(task.id, help=task.title or task.model)
        for task in _readable_tasks(context)
        if task.id.startswith(incomplete)
    ]


def complete_tag(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the tags of watched tasks that begin with what was typed so far, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - as above

    tags = {tag for task in _readable_tasks(context) for tag in task.tags}
    return [CompletionItem(tag) for tag in sorted(tags) if tag.startswith(incomplete)]


def complete_provider(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of providers that begin with what was typed so far, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - as above

    from octotui.config import ConfigError  # noqa: PLC0415 - as above

    try:
        providers = session_of(context).config().providers
    except ConfigError:
        return []
    return [CompletionItem(each.name, help=each.label) for each in providers if each.name.startswith(incomplete)]


def _complete_profile(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the profiles of the configuration that begin with what was typed so far, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - as above

    from octotui.config import ConfigError  # noqa: PLC0415 - as above

    try:
        names = session_of(context).config().profiles
    except ConfigError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _readable_tasks(context: click.Context) -> list[Task]:
    """Return the watched tasks, none where configuration or ledger cannot be read: a completion says nothing."""
    from octotui.config import ConfigError  # noqa: PLC0415 - as above
    from octotui.ledger import LedgerError  # noqa: PLC0415 - as above

    try:
        session = session_of(context)
        with open_ledger(session.config(), is_reader=True, read_only=session.read_only) as ledger:
            return ledger.tasks()
    except (ConfigError, LedgerError):
        return []


def finish(code: ExitCode) -> None:
    """End the running command with `code`."""
    if code:
        import click  # noqa: PLC0415 - as above

        raise click.exceptions.Exit(code)
