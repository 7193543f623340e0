"""Where the server is, as libpq wants it said: bounds on every wait, TLS that is verified, no password in any word."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from octotui.ledger.errors import LedgerError
from octotui.ledger.url import taken_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOUNDS = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""Seconds (the last: milliseconds) after which a server that says nothing counts as away, unless the URL says more."""
_LOCAL = frozenset({"", "localhost", "::1"})
_OWN_ROOT = Path(".postgresql", "root.crt")
_SYSTEM_ROOTS = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)
"""Where systems keep the certificates they trust; psycopg's own OpenSSL does not know where this one does."""


class Location(NamedTuple):
    """A schema on a server."""

    parameters: dict[str, str]
    """What `psycopg.connect` takes."""
    schema: str
    words: str
    """For people."""

    @property
    def user(self) -> str:
        """Whose password is asked for, in words."""
        return self.parameters.get("user") or os.environ.get("PGUSER") or "this user"


def located(url: str, environ: Mapping[str, str] | None = None) -> Location:
    """Take a URL apart. Raises `LedgerError` where it is none."""
    environ = os.environ if environ is None else environ
    try:
        parts = taken_apart(url)
    except ValueError as error:
        raise LedgerError(f"The URL of the ledger {error}.") from None
    try:
        said = {name: str(value) for name, value in conninfo_to_dict(parts.server).items()}
    except psycopg.Error:
        # libpq's words may quote what it could not read, and with it the password.
        raise LedgerError(f"The URL of the ledger {parts.words} cannot be read as one of PostgreSQL.") from None
    parameters = _BOUNDS | {"application_name": "octotui", "client_encoding": "UTF8"} | said
    if not is_near(said, environ) and not _has_service(said, environ):
        if "sslmode" not in said and not environ.get("PGSSLMODE"):
            parameters["sslmode"] = "verify-full"
        roots = _roots(environ)
        if parameters.get("sslmode", "").startswith("verify") and "sslrootcert" not in said and roots is not None:
            parameters["sslrootcert"] = roots
    return Location(parameters, parts.schema, parts.words)


def is_near(said: Mapping[str, str], environ: Mapping[str, str]) -> bool:
    """Tell whether nothing that is sent leaves this machine: a socket, or the loopback."""
    hosts = said.get("hostaddr") or said.get("host") or environ.get("PGHOSTADDR") or environ.get("PGHOST") or ""
    return all(host in _LOCAL or host[0] in "/@" or host.startswith("127.") for host in hosts.split(","))


def _has_service(said: Mapping[str, str], environ: Mapping[str, str]) -> bool:
    """Tell whether a file of libpq's says how to connect: then it says that of TLS, too."""
    return bool(said.get("service") or environ.get("PGSERVICE"))


def _roots(environ: Mapping[str, str]) -> str | None:
    """Return the file of trusted certificates; None where libpq finds one by itself, or there is none."""
    if environ.get("PGSSLROOTCERT") or Path(environ.get("HOME", "/"), _OWN_ROOT).exists():
        return None
    return next((str(path) for path in _SYSTEM_ROOTS if path.exists()), None)
