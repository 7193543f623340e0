"""A PostgreSQL of the tests' own: a cluster in a temporary folder on a unix socket, shared by all workers of a run."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "octotui"
"""The owner of the cluster; it needs no password."""
_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "120",
    "max_prepared_transactions": "0",
}


def binaries() -> Path | None:
    """The folder with `postgres`, `initdb` and `pg_ctl`: where it is named, where systems put it, or on the PATH."""
    named = os.environ.get("OCTOTUI_TEST_POSTGRES")
    places = [Path(named)] if named else []
    places += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _version(path.parent.name), reverse=True
    )
    places += [Path("/usr/local/bin"), Path("/usr/local/pgsql/bin"), Path("/opt/homebrew/bin")]
    found = shutil.which("postgres")
    if found is not None:
        places.append(Path(found).parent)
    return next(
        (place for place in places if all((place / name).exists() for name in ("postgres", "initdb", "pg_ctl"))), None
    )


def _version(name: str) -> int:
    return int(name) if name.isdigit() else 0


def is_required() -> bool:
    """Whether a machine without PostgreSQL fails the tests that need it, and does not skip them: in CI."""
    return os.environ.get("CI", "").lower() == "true"


class Cluster:
    """One server, which is nobody else's. As root it runs as somebody else: PostgreSQL refuses to be root."""

    def __init__(self, folder: Path) -> None:
        place = binaries()
        assert place is not None, "no PostgreSQL on this machine"
        self._binaries = place
        self.folder = folder
        self._data = folder / "data"

    def url(self, schema: str = "octotui", user: str = USER, **options: str) -> str:
        """The URL of a ledger in it."""
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@/postgres?host={self.folder}&schema={schema}{more}"

    def connect(self, user: str = USER) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the owner's, in which every statement counts at once."""
        return psycopg.connect(host=str(self.folder), user=user, dbname="postgres", autocommit=True)

    def make(self, *, auth: str = "trust") -> None:
        """Make it, and start it."""
        if os.geteuid() == 0:
            owner = _somebody()
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", self._data, "-U", USER, f"--auth={auth}", "--no-sync", "-E", "UTF8", "--locale=C")
        lines = [f"{name} = {value}" for name, value in _SETTINGS.items()]
        with (self._data / "postgresql.conf").open("a") as config:
            config.write("\n".join([*lines, f"unix_socket_directories = '{self.folder}'", ""]))
        self.start()

    def start(self, *settings: str) -> None:
        """Start it; each setting is `name=value`."""
        options = " ".join(f"-c {setting}" for setting in settings)
        log = self.folder / "log"
        self._run(
            "pg_ctl", "-D", self._data, "-l", log, "-w", "-t", "60", *(["-o", options] if options else []), "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is what a crash is."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-m", mode, "stop")

    def take_certificate(self, pem: Path, key: Path) -> None:
        """Have a certificate where the server finds it when it is started with `ssl=on`."""
        for source, name, mode in ((pem, "server.crt", 0o644), (key, "server.key", 0o600)):
            file = self._data / name
            file.write_bytes(source.read_bytes())
            file.chmod(mode)
            if os.geteuid() == 0:
                os.chown(file, _somebody().pw_uid, _somebody().pw_gid)

    @property
    def hba(self) -> Path:
        """The file that says who has to show what."""
        return self._data / "pg_hba.conf"

    def _run(self, program: str, *arguments: object) -> None:
        owner = (
            {"user": _somebody().pw_uid, "group": _somebody().pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        )
        done = subprocess.run(
            [str(self._binaries / program), *map(str, arguments)],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            check=False,
            **owner,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, f"{program}: {done.stderr!r}"


def _somebody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


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
        if (folder / "data" / "postmaster.pid").exists():
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
