"""A PostgreSQL server of one's own: a cluster in a temporary folder on a unix socket, for the demo and for tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
"""Nothing in it outlives the machine's next start."""


class ServerError(Exception):
    """The server could not be made, started or stopped; in words."""


def binaries(named: str | None = None) -> Path | None:
    """Return the folder with `postgres`, `initdb` and `pg_ctl`: as named, where systems put it, or on the PATH."""
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


class PostgresServer:
    """One server, which is nobody else's. As root it runs as somebody else: PostgreSQL refuses to be root."""

    def __init__(self, folder: Path, programs: Path) -> None:
        """`programs` is the folder with its programs. The path of `folder` must be short: its socket lies there."""
        self._programs = programs
        self.folder = folder
        self.data = folder / "data"

    def url(self, schema: str = "octotui", user: str = USER, **options: str) -> str:
        """Return the URL of a ledger in it."""
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@/postgres?host={self.folder}&schema={schema}{more}"

    def make(self, *, auth: str = "trust") -> None:
        """Make it, and start it. Raises `ServerError`."""
        if os.geteuid() == 0:
            owner = somebody()
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", self.data, "-U", USER, f"--auth={auth}", "--no-sync", "-E", "UTF8", "--locale=C")
        lines = [f"{name} = {value}" for name, value in _SETTINGS.items()]
        with (self.data / "postgresql.conf").open("a") as config:
            config.write("\n".join([*lines, f"unix_socket_directories = '{self.folder}'", ""]))
        self.start()

    def start(self, *settings: str) -> None:
        """Start it; each setting is `name=value`. Raises `ServerError`."""
        options = " ".join(f"-c {setting}" for setting in settings)
        log = self.folder / "log"
        self._run(
            "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", *(["-o", options] if options else []), "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is what a crash is. Raises `ServerError`."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", mode, "stop")

    @property
    def is_there(self) -> bool:
        """Whether it has been started and not been stopped."""
        return (self.data / "postmaster.pid").exists()

    def _run(self, program: str, *arguments: object) -> None:
        owner = {"user": somebody().pw_uid, "group": somebody().pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(  # noqa: S603 - a program from a folder of the system's
            [str(self._programs / program), *map(str, arguments)],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # A server that is started keeps what it is given for as long as it runs.
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            check=False,
            **owner,  # type: ignore[call-overload]
        )
        if done.returncode:
            said = (done.stderr or b"").decode(errors="replace").strip()
            raise ServerError(f"{program} ended with {done.returncode}{': ' if said else ''}{said}")


@contextmanager
def temporary_server(programs: Path) -> Iterator[PostgresServer]:
    """Make a server in a temporary folder, start it, and remove it at the end. Raises `ServerError`."""
    # The name of a socket has room for some hundred bytes: the folder is in no other.
    folder = Path(tempfile.mkdtemp(prefix="octotui-pg-"))
    server = PostgresServer(folder, programs)
    try:
        server.make()
        yield server
    finally:
        if server.is_there:
            server.stop()
        shutil.rmtree(folder)


def somebody() -> pwd.struct_passwd:
    """Return whom a server runs as where this process is root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
