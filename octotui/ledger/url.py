"""Where a ledger is, as people write it: the path of a file, or the URL of a schema on a PostgreSQL server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

SCHEMES = ("postgresql://", "postgres://")
"""What the URL of a PostgreSQL ledger begins with."""
DEFAULT_SCHEMA = "octotui"
"""The schema that is meant where the URL names none."""
_SECRETS = frozenset({"password", "sslpassword"})
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class LedgerUrl(NamedTuple):
    """A URL, taken apart as far as octotui has to know."""

    server: str
    """What is the server's: the URL without `schema`."""
    schema: str
    words: str
    """The URL for people: without any password, with the schema where it is not the usual one."""
    has_password: bool
    """Whether a password stands in it, which everybody could read who reads the configuration."""


def is_url(where: Path | str) -> bool:
    """Tell whether a ledger is on a PostgreSQL server."""
    return isinstance(where, str) and where.startswith(SCHEMES)


def taken_apart(text: str) -> LedgerUrl:
    """Return the parts of a PostgreSQL URL. Raises `ValueError`, whose words never repeat a password."""
    if not text.startswith(SCHEMES):
        raise ValueError(f"must begin with {SCHEMES[0]}")
    base, _, query = text.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    schemas = [value for name, value in options if name == "schema"] or [DEFAULT_SCHEMA]
    schema = schemas[-1]
    if not _SCHEMA.fullmatch(schema) or schema.startswith("pg_"):
        raise ValueError("names a schema that is none: use a-z, 0-9 and _, at most 63 characters")
    scheme, _, rest = base.partition("://")
    authority, slash, database = rest.partition("/")
    user, at, host = authority.rpartition("@")
    name, colon, _ = user.partition(":")
    others = [(key, value) for key, value in options if key != "schema"]
    shown = [(key, value) for key, value in others if key not in _SECRETS]
    if schema != DEFAULT_SCHEMA:
        shown.append(("schema", schema))
    words = f"{scheme}://{unquote(name)}{at}{host}{slash}{database}"
    return LedgerUrl(
        f"{base}?{urlencode(others)}" if others else base,
        schema,
        f"{words}?{urlencode(shown, safe='/')}" if shown else words,
        bool(colon) or any(key in _SECRETS for key, _ in others),
    )


def in_words(where: Path | str) -> str:
    """Return where a ledger is for people: a path as it is, a URL without its password."""
    return taken_apart(where).words if isinstance(where, str) and is_url(where) else str(where)
