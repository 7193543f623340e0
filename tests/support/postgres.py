"""A PostgreSQL of the tests' own: a cluster in a temporary folder on a unix socket, shared by all workers of a run."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from octotui.demo import postgres_server
from octotui.demo.postgres_server import USER, PostgresServer, somebody


def binaries() -> Path | None:
    """The folder with the server's programs; `OCTOTUI_TEST_POSTGRES` may name it."""
    return postgres_server.binaries(os.environ.get("OCTOTUI_TEST_POSTGRES"))


def is_required() -> bool:
    """Whether a machine without PostgreSQL fails the tests that need it, and does not skip them: in CI."""
    return os.environ.get("CI", "").lower() == "true"


class Cluster(PostgresServer):
    """One server, which is nobody else's."""

    def __init__(self, folder: Path) -> None:
        place = binaries()
        assert place is not None, "no PostgreSQL on this machine"
        super().__init__(folder, place)

    def connect(self, user: str = USER) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the owner's, in which every statement counts at once."""
        return psycopg.connect(host=str(self.folder), user=user, dbname="postgres", autocommit=True)

    def take_certificate(self, pem: Path, key: Path) -> None:
        """Have a certificate where the server finds it when it is started with `ssl=on`."""
        for source, name, mode in ((pem, "server.crt", 0o644), (key, "server.key", 0o600)):
            file = self.data / name
            file.write_bytes(source.read_bytes())
            file.chmod(mode)
            if os.geteuid() == 0:
                os.chown(file, somebody().pw_uid, somebody().pw_gid)

    @property
    def hba(self) -> Path:
        """The file that says who has to show what."""
        return self.data / "pg_hba.conf"


@contextmanager
def new_cluster(*, auth: str = "trust") -> Iterator[Cluster]:
    """A cluster of one test's own, for what would disturb others."""
    # A socket's name has room for 107 bytes: pytest's folders are too long.
    folder = Path(tempfile.mkdtemp(prefix="octotui-pg-"))
    cluster = Cluster(folder)
    try:
        cluster.make(auth=auth)
        yield cluster
        cluster.stop()
    finally:
        if cluster.is_there:
            cluster.stop()
        shutil.rmtree(folder)


@contextmanager
def shared_cluster(run: Path) -> Iterator[Cluster]:
    """The cluster of this run: the first worker makes it, the last one ends it. `run` is a folder that all know."""
    register = run / "postgres.json"
    with _locked(register) as known:
        users = [pid for pid in known.get("users", []) if _is_alive(pid)]
        folder = Path(known["folder"] if users else tempfile.mkdtemp(prefix="octotui-pg-"))
        if not users:
            Cluster(folder).make()
        register.write_text(json.dumps({"folder": str(folder), "users": [*users, os.getpid()]}))
    try:
        yield Cluster(folder)
    finally:
        with _locked(register) as known:
            users = [pid for pid in known["users"] if pid != os.getpid() and _is_alive(pid)]
            register.write_text(json.dumps({"folder": str(folder), "users": users}))
            if not users:
                Cluster(folder).stop()
                shutil.rmtree(folder)


@contextmanager
def _locked(register: Path) -> Iterator[dict[str, Any]]:
    with Path(f"{register}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield json.loads(register.read_text()) if register.exists() else {}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
