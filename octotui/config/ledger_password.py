"""The password of a PostgreSQL ledger, where a command says it; libpq has its own ways besides (~/.pgpass)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.config import secret_sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.config.model import Config


def ledger_password(config: Config) -> Callable[[], str] | None:
    """Return what runs `ledger_password_command` and returns what it prints; None where none is named.

    It raises `LedgerError`, whose words never hold the password.
    """
    command = config.ledger_password_command
    if command is None:
        return None

    def ask() -> str:
        from octotui.ledger import LedgerError  # noqa: PLC0415 - whoever calls this has imported it

        try:
            password = secret_sources.from_command(command).rstrip("\r\n")
        except ValueError as error:
            raise LedgerError(f"ledger_password_command says no password: {error}.") from None
        if not password:
            raise LedgerError(f"ledger_password_command says no password: {command[0]} prints nothing.")
        from octotui.redaction import hide  # noqa: PLC0415 - as above

        hide(password)
        return password

    return ask
