"""`import`: the ledger of another machine, or a lost one, made again from the side-cars beside the videos."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octotui.cli import output
from octotui.cli.context import command_options, finish, open_ledger, session_of
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import command
from octotui.sanitize import clean

if TYPE_CHECKING:
    from octotui.config import Config
    from octotui.engine.sources.sidecar_import import Imported
    from octotui.ledger import Ledger


@command("import", short_help="Watch again what was saved, from the side-cars below DIR or URL.")
@click.argument("place", metavar="DIR|URL", type=click.Path())
@click.option("--verify", is_flag=True, help="Read every video and compare its SHA-256.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@command_options
@click.pass_context
def import_command(context: click.Context, place: str, verify: bool, as_json: bool) -> None:
    """Watch again what was saved: reads the side-cars (.json) below DIR, or what was delivered below URL (s3://…).

    Each video must be there with the size its side-car says, and an object with the SHA-256, too. Tasks that are
    watched already are left as they are, or get what they lack. The gateway is sent nothing, no file is changed, no
    object fetched: octotui get ID brings one back. What does not fit is said: exit code 8.
    """
    from octotui.engine.delivery.storage import StorageTrouble  # noqa: PLC0415 - `--help` needs none of it
    from octotui.engine.downloads.file_names import FileTrouble  # noqa: PLC0415 - as above

    config = session_of(context).config()
    is_url = "://" in place
    if not is_url and not Path(place).is_dir():
        raise CommandError(f"{clean(place, 1000)}: there is no such folder", ExitCode.FILE)
    with open_ledger(config) as ledger:
        try:
            result = (_from_storage if is_url else _from_folder)(config, ledger, place, verify=verify)
        except (FileTrouble, StorageTrouble) as error:
            raise CommandError(clean(str(error), 1000), ExitCode.FILE) from None
    if as_json:
        output.print_json(_json(result))
    else:
        _say(result, verify=verify)
    finish(ExitCode.FILE if result.misfits else ExitCode.OK)


def _from_folder(_config: Config, ledger: Ledger, place: str, *, verify: bool) -> Imported:
    from octotui.engine.sources.sidecar_import import import_folder  # noqa: PLC0415 - as above

    return import_folder(ledger, Path(place).absolute(), verify=verify, now=time.time())


def _from_storage(config: Config, ledger: Ledger, place: str, *, verify: bool) -> Imported:
    from octotui.config.value_readers import read_storage  # noqa: PLC0415 - as above
    from octotui.engine.delivery.opening import open_storage  # noqa: PLC0415 - as above
    from octotui.engine.sources.storage_import import import_storage  # noqa: PLC0415 - as above

    try:
        url = read_storage(place)
    except ValueError as error:
        raise CommandError(f"the URL {error}") from None
    return import_storage(ledger, open_storage(url, config), verify=verify, now=time.time())


def _json(result: Imported) -> dict[str, object]:
    return {
        "added": result.added,
        "completed": result.completed,
        "known": result.known,
        "not_imported": [{"file": str(misfit.path), "reason": misfit.reason} for misfit in result.misfits],
    }


def _say(result: Imported, *, verify: bool) -> None:
    for word, ids in (("added", result.added), ("completed", result.completed), ("known", result.known)):
        for task_id in ids:
            click.echo(f"{word} {clean(task_id, 600)}")
    for misfit in result.misfits:
        click.echo(f"octotui: not imported: {clean(str(misfit.path), 1000)}: {clean(misfit.reason, 1000)}", err=True)
    click.echo(
        f"{len(result.added)} added, {len(result.completed)} completed, {len(result.known)} known already, "
        f"{len(result.misfits)} not imported",
        err=True,
    )
    whole = len(result.added) + len(result.completed) + len(result.known)
    if verify and whole:
        from octotui.units import plural  # noqa: PLC0415 - few ask for it

        says = "as its side-car says" if whole == 1 else "as their side-cars say"
        click.echo(f"{plural(whole, 'file')} read again, {says}", err=True)
