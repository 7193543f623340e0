"""A proxy before a PostgreSQL server, on a unix socket: loses answers and swallows what is sent, when it is told to."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

_NAME = ".s.PGSQL.5432"


class DatabaseProxy:
    """Hands on what clients and server say to each other."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._server = server / _NAME
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / _NAME))
        self._listening.listen()
        self._lines: list[socket.socket] = []
        self.bytes = 0
        """How many went through it, both ways."""
        self._lost = b""
        self._lost_left = 0
        self.lost = 0
        """Answers that were lost."""
        self._flowing = threading.Event()
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_answers(self, to: bytes, count: int) -> None:
        """Hand on the next statements with these words, and cut the line when the server has answered."""
        self._lost, self._lost_left = to, count

    def swallow(self) -> None:
        """Hand nothing on any more, in either direction, and cut nothing: a line that is broken somewhere."""
        self._flowing.clear()

    def flow(self) -> None:
        """Hand on again, and first what was kept back."""
        self._flowing.set()

    def cut(self) -> None:
        """Cut all lines there are; new ones may be made at once."""
        lines, self._lines = self._lines, []
        for line in lines:
            _cut(line)

    def close(self) -> None:
        """Cut all lines, for good."""
        self._flowing.set()
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._flowing.wait()
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self._server))
            except OSError:
                client.close()
                server.close()
                continue
            self._lines += [client, server]
            answers_are_lost = threading.Event()
            for source, target, is_client in ((client, server, True), (server, client, False)):
                threading.Thread(
                    target=self._hand_on, args=(source, target, answers_are_lost, is_client), daemon=True
                ).start()

    def _hand_on(
        self, source: socket.socket, target: socket.socket, answers_are_lost: threading.Event, is_client: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                self.bytes += len(data)
                if is_client and self._lost_left and self._lost in data:
                    self._lost_left -= 1
                    answers_are_lost.set()
                elif not is_client and answers_are_lost.is_set():
                    self.lost += 1
                    break
                target.sendall(data)
        _cut(source)
        _cut(target)


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


@contextlib.contextmanager
def proxy_before(server: Path) -> Iterator[DatabaseProxy]:
    """A proxy before the server whose socket is in a folder."""
    folder = Path(tempfile.mkdtemp(prefix="octotui-pgp-"))
    proxy = DatabaseProxy(folder, server)
    try:
        yield proxy
    finally:
        proxy.close()
        shutil.rmtree(folder)
