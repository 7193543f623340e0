"""Commands that put results on disk: `get`, `retry`, and `open`, which plays one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from octotui.cli import exit_codes, output
from octotui.cli.commands.asking import say_failures
from octotui.cli.commands.pause import check_not_paused
from octotui.cli.context import (
    command_options,
    complete_id,
    finish,
    fleet_of,
    open_ledger,
    say_notices,
    session_of,
    watched,
)
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import command
from octotui.cli.selection import chosen, filter_option, read_filter, say_none
from octotui.model import DownloadState
from octotui.sanitize import clean
from octotui.task_json import task_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from octotui.config import Config
    from octotui.engine.downloads.further_results import FurtherResult
    from octotui.ledger import Ledger
    from octotui.model import Task
    from octotui.presentation.boxes.whereabouts import Fleet

_OUT = click.option(
    "--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Save here, not in download_dir."
)


@command(short_help="Save what is completed, and print the paths.")
@click.argument("ids", nargs=-1, metavar="[ID …]", shell_complete=complete_id)
@filter_option
@_OUT
@click.option("--anyway", is_flag=True, help="Also try what no answer calls completed: its link and /content, once.")
@click.option("--all-results", is_flag=True, help="Of a task that made several results save the others too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of the tasks, as they are then.")
@command_options
@click.pass_context
def get(  # noqa: PLR0917 - click gives them by name
    context: click.Context,
    ids: tuple[str, ...],
    filter_text: str | None,
    out: Path | None,
    anyway: bool,
    all_results: bool,
    as_json: bool,
) -> None:
    """Save what is completed: the tasks named, or all that match, else all that are not saved. Prints each path.

    Waits for no task: one that is named and not completed yet is an error (2), unless --anyway tries it. A result that
    is past its deadline is tried only where it is named: once, and the exit code is 7 where that brings nothing.

    What is saved already is copied into --out DIR where it is named or matches: as a hard link where that can be,
    compared with what was saved, with its side-car, and never over another file.

    What is saved and no longer there is brought back from where it was delivered to (deliver_to), with the size and
    SHA-256 it had; what was not delivered is saved again.

    With --all-results further results of a task are saved beside the first, as …-2.mp4, …-3.mp4 and so on.
    """
    if anyway and not ids:
        raise CommandError("--anyway needs the ids of the tasks that are meant")
    folder, only = _folder(out), read_filter(filter_text)
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        say_notices(ledger)
        check_not_paused(ledger)
        is_meant = _is_ready if only is None else _is_ready_or_saved
        wanted = chosen(ledger, ids, only, time.time(), among=is_meant)
        codes = [_check_ready(task, anyway=anyway) for task in wanted] if ids else []
        if not ids:
            wanted = _not_lost(wanted, time.time())
        if only is not None and not wanted:
            say_none(ledger, ids)
        saved = _save(config, ledger, wanted, folder, anyway=anyway)
        here = [task for task in saved.tasks if saved.fleet.elsewhere(task.download) is None]
        further = _further(config, ledger, here) if all_results else []
    codes += [*_say_saved(saved, as_json=as_json), *(_say_further(*each, quiet=as_json) for each in further)]
    if not wanted and only is None:
        click.echo("nothing to save", err=True)
    finish(exit_codes.worst(codes))


@command(short_help="Save again what failed, was given up or is no longer there.")
@click.argument("ids", nargs=-1, required=True, metavar="ID …", shell_complete=complete_id)
@_OUT
@click.option("--json", "as_json", is_flag=True, help="One JSON array of the tasks, as they are then.")
@command_options
@click.pass_context
def retry(context: click.Context, ids: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Ask again about tasks, then save what failed, was given up, or was saved and is no longer there.

    What is saved and there is left alone: octotui get ID --out DIR copies it.
    """
    folder = _folder(out)
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        say_notices(ledger)
        check_not_paused(ledger)
        named, fleet = chosen(ledger, ids, None, time.time()), fleet_of(config, ledger)
        there = [task for task in named if _is_there(task) or (fleet.elsewhere(task.download) and task.is_saved)]
        for task in there:
            click.echo(f"octotui: nothing to retry: {clean(task.id, 300)} is saved: {_where(task, fleet)}", err=True)
        again = [task.id for task in named if task not in there]
        from octotui.cli.wait_notes import AskNotes  # noqa: PLC0415 - as below
        from octotui.engine import one_shot  # noqa: PLC0415 - brings HTTP: not before the arguments are known to be good

        codes: list[ExitCode] = []
        if again:
            with AskNotes(ledger.tasks) as notes:
                polled = one_shot.poll(config, ledger, again, progress=notes.show)
            say_failures([task for task in polled.tasks if task.id not in polled.unasked])
            codes += [_check_ready(task, anyway=False) for task in polled.tasks]
        saved = _save(config, ledger, _current(ledger, again), folder, anyway=False)
    codes += _say_saved(saved, as_json=as_json)
    finish(exit_codes.worst(codes))


@command("open", short_help="Play a saved file.")
@click.argument("task_id", metavar="ID", shell_complete=complete_id)
@command_options
@click.pass_context
def open_command(context: click.Context, task_id: str) -> None:
    """Play a saved file with the player of the configuration, or say where the file is where nothing can be shown.

    Where there is no local file any more, a signed link of the object it was delivered to stands for it.
    """
    config = session_of(context).config()
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        task, fleet = ledger.task(*watched(ledger, [task_id])), fleet_of(config, ledger)
    assert task is not None  # noqa: S101 - `watched` has just seen it
    name = clean(task.id, 300)
    if not task.is_saved:
        raise CommandError(f"{name} is not saved: octotui get {name} saves it")
    from octotui.player import play  # noqa: PLC0415 - only where there is a file

    elsewhere = fleet.elsewhere(task.download) is not None
    if not elsewhere and _is_there(task):
        click.echo(play(config.player, task.download.file or ""), err=True)
    elif task.delivered is not None:
        click.echo(play(config.player, _link_of(task.delivered, config)), err=True)
    elif elsewhere:
        raise CommandError(f"{name} is {_where(task, fleet)}", ExitCode.FILE)
    else:
        raise CommandError(
            f"{task.download.file} is no longer there: octotui retry {name} saves it again", ExitCode.FILE
        )


def _link_of(url: str, config: Config) -> str:
    from octotui.engine.delivery.links import signed_link  # noqa: PLC0415 - only where there is no file
    from octotui.engine.delivery.storage import StorageTrouble  # noqa: PLC0415 - as above

    try:
        return signed_link(url, config)
    except StorageTrouble as error:
        raise CommandError(f"no link of {url}: {clean(str(error), 1000)}", ExitCode.FILE) from None


class _Saved(NamedTuple):
    """How tasks stand after they were to be saved."""

    tasks: list[Task]
    copies: dict[str, str]
    """Where copies of what was saved before are, by id."""
    refused: dict[str, str]
    """Why there is no copy, by id."""
    fleet: Fleet
    """What tells which of them other machines have."""


def _save(config: Config, ledger: Ledger, tasks: Sequence[Task], folder: Path | None, *, anyway: bool) -> _Saved:
    """Save what is ready, and copy what is saved into `folder`, where one is named."""
    copies: dict[str, str] = {}
    refused: dict[str, str] = {}
    fleet = fleet_of(config, ledger)
    here = [task for task in tasks if fleet.elsewhere(task.download) is None]
    lost_files = [task for task in here if task.is_saved and not _is_there(task)]
    if lost_files:
        back = _brought_back(config, ledger, lost_files, folder)
        ledger.request_download([task.id for task in lost_files if task.id not in back], force=True)
        tasks = _current(ledger, [task.id for task in tasks])
    if folder is not None:
        from octotui.engine.downloads.copying import copy_saved  # noqa: PLC0415 - few copies are asked for
        from octotui.engine.downloads.file_names import FileTrouble  # noqa: PLC0415 - as above

        refused = {task.id: _where(task, fleet) for task in tasks if task.is_saved and task not in here}
        for task in here:
            if _is_there(task):
                try:
                    copies[task.id] = str(copy_saved(task, folder, config.file_template))
                except FileTrouble as error:
                    refused[task.id] = str(error)
    from octotui.cli.progress import Progress  # noqa: PLC0415 - as in `poll`
    from octotui.engine import one_shot  # noqa: PLC0415 - as in `poll`

    ids = [task.id for task in tasks]
    ready = [task for task in _current(ledger, ids) if task.is_ready]
    with Progress(tasks=ready, status=ledger.status) as progress:
        place = None if folder is None else str(folder)
        ended = one_shot.get(config, ledger, ids, folder=place, anyway=anyway, progress=progress.show)
    fetched = {task.id for task in ended}
    saved = [task for task in _current(ledger, ids) if task.is_saved and task.id not in fetched]
    # The folder may have got its id with the first result in it.
    return _Saved([*ended, *saved], copies, refused, fleet_of(config, ledger))


def _brought_back(config: Config, ledger: Ledger, tasks: Sequence[Task], folder: Path | None) -> set[str]:
    """Bring results back from where they were delivered to, and say why others are not; returns the ids of those."""
    from octotui.engine.delivery.restore import restore  # noqa: PLC0415 - few files are lost

    back = set()
    for each in restore(config, ledger, tasks, folder):
        if each.file is not None:
            back.add(each.task_id)
        else:
            words = f"not brought back: {clean(each.task_id, 300)}: {clean(each.words, 1000)}; the gateway is asked"
            click.echo(f"octotui: {words}", err=True)
    return back


def _say_saved(saved: _Saved, *, as_json: bool) -> list[ExitCode]:
    """Print where results are, and on stderr why others are not; returns what that stands for."""
    now = time.time()
    if as_json:
        objects = [
            task_json(task, now) | ({"copy": saved.copies[task.id]} if task.id in saved.copies else {})
            for task in saved.tasks
        ]
        output.print_json(objects)
    for task in saved.tasks:
        if task.id in saved.refused:
            words = clean(saved.refused[task.id], 1000)
            click.echo(f"octotui: not copied: {clean(task.id, 300)}: {words}", err=True)
        elif not as_json or not task.is_saved:
            _say_end(task, now, saved.copies.get(task.id), saved.fleet)
    codes = [ExitCode.FILE] if saved.refused else []
    return [*codes, *(exit_codes.of_download(task, now) for task in saved.tasks)]


def _folder(out: Path | None) -> Path | None:
    if out is not None and clean(str(out), 4000) != str(out):
        # The ledger keeps text; files would be saved in a folder of nearly that name.
        raise CommandError(f"--out: {clean(str(out), 300)}: the folder's name is no text that can be kept")
    return None if out is None else out.absolute()


def _is_ready(task: Task) -> bool:
    return task.is_ready


def _is_ready_or_saved(task: Task) -> bool:
    return task.is_ready or task.is_saved


def _is_there(task: Task) -> bool:
    """Whether it is saved, and its file is where it was saved."""
    return task.is_saved and Path(task.download.file or "").is_file()


def _where(task: Task, fleet: Fleet) -> str:
    """Where its file is, and how it comes here from another machine."""
    from octotui.presentation.boxes.whereabouts import file_and_way  # noqa: PLC0415 - of few tasks it is said

    return clean(file_and_way(task, fleet), 2000)


def _further(config: Config, ledger: Ledger, tasks: Iterable[Task]) -> list[tuple[Task, FurtherResult]]:
    from octotui.engine import one_shot  # noqa: PLC0415 - as in `poll`

    return [(task, result) for task in tasks if task.is_saved for result in one_shot.get_further(config, ledger, task)]


def _not_lost(tasks: Sequence[Task], now: float) -> list[Task]:
    """Return what can be saved or is; what is past its deadline is named on stderr."""
    lost = [task for task in tasks if task.is_expired(now)]
    for task in lost:
        click.echo(
            f"octotui: lost, not tried: {clean(task.id, 300)}: past its deadline; octotui get ID tries", err=True
        )
    return [task for task in tasks if not task.is_expired(now)]


def _say_end(task: Task, now: float, copy: str | None, fleet: Fleet) -> None:
    """Print where a result is, or say on stderr why it is not there."""
    download = task.download
    if task.is_saved and fleet.elsewhere(download) is not None:
        # A script takes what stands on stdout for a path of this machine.
        click.echo(f"octotui: saved elsewhere: {clean(task.id, 300)} is {_where(task, fleet)}", err=True)
    elif task.is_saved:
        click.echo(copy or download.file)
    elif download.state is not DownloadState.NONE:
        is_lasting = download.state is DownloadState.WANTED and task.is_ready and not task.is_expired(now)
        stays = "; it stays wanted" if is_lasting else ""
        click.echo(f"octotui: not saved: {clean(task.id, 300)}: {download.error or 'no answer'}{stays}", err=True)


def _current(ledger: Ledger, ids: Sequence[str]) -> list[Task]:
    return [task for task in (ledger.task(task_id) for task_id in ids) if task is not None]


def _say_further(task: Task, result: FurtherResult, *, quiet: bool) -> ExitCode:
    """Print where a further result of `task` is, or say on stderr why it is not there; returns the code for that."""
    if result.file is not None:
        if not quiet:
            click.echo(result.file)
        return ExitCode.OK
    words = clean(result.words, 1000)
    click.echo(f"octotui: not saved: result {result.number} of {clean(task.id, 300)}: {words}", err=True)
    return ExitCode.GATEWAY


def _check_ready(task: Task, *, anyway: bool) -> ExitCode:
    """Say on stderr why a task that was named has no result to fetch, and return the code for that."""
    if task.is_ready or task.is_saved or (anyway and not task.has_failed):
        return ExitCode.OK
    word = "not known yet" if task.state.value == "unknown" else task.state.value
    click.echo(f"octotui: nothing to save: {clean(task.id, 300)} is {word}", err=True)
    return exit_codes.of_state(task, 0.0) or ExitCode.USAGE
