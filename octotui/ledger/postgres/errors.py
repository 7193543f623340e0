"""PostgreSQL's errors in the ledger's words: what, where and what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from octotui.ledger.errors import LedgerAway, LedgerBusy, LedgerDamaged, LedgerError, LedgerUnwritable
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octotui.ledger.postgres.location import Location

_TRY_AGAIN = "it is tried again"
_KINDS: tuple[tuple[type[LedgerError], frozenset[str], str], ...] = (
    (LedgerAway, frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "53300", "08"}), _TRY_AGAIN),
    (LedgerBusy, frozenset({"55P03", "57014", "40"}), "another process does not let go of it, try again"),
    (LedgerUnwritable, frozenset({"53", "58"}), "make room on the disk of its server, or see what ails it"),
    (LedgerUnwritable, frozenset({"25006"}), "it can only be read, name the server that is no replica of another"),
    (LedgerUnwritable, frozenset({"42501"}), "this role has no right to that, ask its owner for another one"),
    (LedgerError, frozenset({"28"}), "put the password in ~/.pgpass (chmod 600) or set ledger_password_command"),
    (LedgerError, frozenset({"3D000"}), "create the database, or name another one"),
    (LedgerError, frozenset({"3F000", "42P01", "42703"}), "these are no tables of a ledger, name another ?schema="),
    (LedgerDamaged, frozenset({"XX"}), "it is damaged, restore it from a backup of its server"),
)
"""By code, or by the first two characters of it (the class; the codes themselves go first): what it is, what to do."""
_BY_CODE = {code: (kind, deed) for kind, codes, deed in _KINDS for code in codes}

_STARTING = (
    "starting up",
    "shutting down",
    "in recovery mode",
    "accepting connections",
    "too many clients",
    "connection slots",
)
_PASSWORD = ("password authentication failed", "no password supplied", "fe_sendauth")
_TLS = ("SSL", "certificate", "root.crt", "TLS")


def explained(error: psycopg.Error, location: Location) -> LedgerError:
    """Turn an error of PostgreSQL into one of ours."""
    code = error.sqlstate
    said = _said(error)
    if code is None:
        return _unconnected(error, said, location)
    kind, deed = _BY_CODE.get(code) or _BY_CODE.get(code[:2]) or (LedgerError, None)
    return _worded(kind, said, location, deed)


def _worded(kind: type[LedgerError], said: str, location: Location, deed: str | None) -> LedgerError:
    problem = "cannot be reached" if kind is LedgerAway else "gave an error"
    return kind(f"The ledger {location.words} {problem} ({said}){'' if deed is None else f': {deed}'}.")


@contextmanager
def translated(location: Location) -> Iterator[None]:
    """Raise a `LedgerError` for every error of PostgreSQL inside the block."""
    try:
        yield
    except psycopg.Error as error:
        raise explained(error, location) from error


def _unconnected(error: psycopg.Error, said: str, location: Location) -> LedgerError:
    """Explain an error without a code: a connection that came not about, or broke."""
    is_answered = "FATAL" in said or "no pg_hba.conf entry" in said
    if any(words in said for words in _PASSWORD):
        return _worded(LedgerError, said, location, _BY_CODE["28"][1])
    if is_answered and "database" in said and "does not exist" in said:
        return _worded(LedgerError, said, location, _BY_CODE["3D000"][1])
    if is_answered and not any(words in said for words in _STARTING):
        # The server has said no: the same question brings the same answer.
        return _worded(LedgerError, said, location, f"ask its owner for a role that {location.user} may have")
    if "connection failed" in said and "Connection refused" not in said and any(words in said for words in _TLS):
        deed = (
            "have its server use TLS with a certificate for its name, put the authority's certificate in "
            "~/.postgresql/root.crt, or say sslmode= in the URL"
        )
        return _worded(LedgerError, said, location, deed)
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return _worded(LedgerAway, said, location, _TRY_AGAIN)
    return _worded(LedgerError, said, location, None)


def _said(error: psycopg.Error) -> str:
    """Return the server's own words, on one line."""
    primary = error.diag.message_primary
    return clean(" ".join((primary or str(error)).split()), 300) or "it says nothing"
