"""The server itself, looked at for `octotui doctor`: what it is, how one talks to it, and what one may do there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from octotui.ledger.postgres import schema
from octotui.ledger.postgres.errors import translated
from octotui.ledger.records import Right, ServerFacts

if TYPE_CHECKING:
    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server

_PATIENCE = 2.0
"""Seconds that a notification has."""


def server_facts(server: Server) -> ServerFacts:
    """Ask a server about itself; takes up to two seconds. Raises `LedgerError`."""
    with server.reading() as connection:
        encryption = _one(connection, "SELECT version FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()")
        before = time.time()
        its_time = _one(connection, "SELECT extract(epoch FROM clock_timestamp())::float8")
        offset = float(str(its_time)) - (before + time.time()) / 2
        found = ServerFacts(
            version=connection.info.parameter_status("server_version") or str(connection.info.server_version),
            schema=server.location.schema,
            schema_version=len(schema.MIGRATIONS),
            encryption=None if encryption is None else str(encryption),
            is_local=connection.info.host.startswith("/"),
            user=connection.info.user,
            right=_right(connection),
            is_replica=bool(_one(connection, "SELECT pg_is_in_recovery()")),
            clock_offset=offset,
        )
    return found._replace(notified_after=None if found.is_replica else _notified_after(server))


def _right(connection: LedgerConnection) -> Right:
    """Return what one may do, as the rights on one column of each kind tell."""
    query = "SELECT has_column_privilege('tasks', %s, 'UPDATE')"
    if connection.execute(query, ("state",)).fetchone() == (True,):
        return Right.WORK
    return Right.ASK if connection.execute(query, ("wanted",)).fetchone() == (True,) else Right.LOOK


def _notified_after(server: Server) -> float | None:
    """Return how many seconds a notification takes from one connection to another; None where none comes."""
    channel = f"{server.channel[:56]}_doctor"
    with translated(server.location):
        listener, sender = server.connect(), server.connect()
        try:
            listener.execute(f'LISTEN "{channel}"'.encode())
            began = time.monotonic()
            sender.execute(f'NOTIFY "{channel}"'.encode())
            for _ in listener.notifies(timeout=_PATIENCE, stop_after=1):
                return time.monotonic() - began
        except psycopg.errors.FeatureNotSupported:
            return None
        finally:
            listener.close()
            sender.close()
    return None


def _one(connection: LedgerConnection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]
