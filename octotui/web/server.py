"""The server: where it listens, a thread that serves, and a clean end of it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from octotui.web.application import application
from octotui.web.connection import LONGEST_HEAD, LONGEST_MESSAGE, MOST_CONNECTIONS, BoundedConnection
from octotui.web.guard import Hosts
from octotui.web.live_ledger import LiveLedger
from octotui.web.metrics.address import ListenAddress, read_listen_address
from octotui.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octotui.config import Config
    from octotui.ledger import Ledger
    from octotui.web.access import Token

_KEEP_ALIVE = 10
"""Seconds for which a connection without a request stays open."""
_LAST_ANSWERS = 3
"""Seconds that answers under way have at the end."""
_READY_SECONDS = 15.0
"""Within which the loop must have begun; else it is served all the same, as soon as it has."""


class BadAddress(ValueError):
    """The words after `--listen` are no address that can be listened at; says why."""


def read_address(text: str) -> ListenAddress:
    """Return where `HOST:PORT` is, as a literal address; a name is looked up. Raises `BadAddress`."""
    try:
        written = read_listen_address(text)
    except ValueError as error:
        raise BadAddress(str(error)) from None
    try:
        found = socket.getaddrinfo(written.host, written.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise BadAddress(f"{written.host} is no address of this machine: {error.strerror}") from None
    return ListenAddress(str(found[0][4][0]), written.port)


def listening(address: ListenAddress) -> socket.socket:
    """Return a socket that listens at a literal address. Raises `BadAddress` where that cannot be."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # With its protocol named, or asyncio leaves Nagle's delay on: every small answer would take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(tuple(address))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise BadAddress(f"cannot listen at {address}: {error.strerror}") from None
    listener.setblocking(False)
    return listener


class WebServer:
    """Serves a ledger, for looking only, from `start` to `stop`."""

    def __init__(
        self, config: Config, ledger: Ledger, address: ListenAddress, token: Token | None, dashboard: Sequence[str] = ()
    ) -> None:
        """Begins to listen; `dashboard` is as `Site` takes it. Raises `BadAddress`."""
        self._listener = listening(address)
        self.address = ListenAddress(address.host, self._listener.getsockname()[1])
        """Where it listens, with the port it has got."""
        self.url = f"http://{self.address}"
        self.live = LiveLedger(ledger)
        hosts = Hosts.of(address.host, config.web_hosts, is_loopback=address.is_loopback)
        self.site = Site(config, self.live, dashboard)
        self.beats = 0
        """Grows every second while the loop answers."""
        self.error: BaseException | None = None
        """What ended it unasked."""
        self._ended: Callable[[], None] | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(self.site, hosts, token),
                http=BoundedConnection,
                ws="websockets-sansio" if dashboard else "none",
                ws_max_size=LONGEST_MESSAGE,
                lifespan="on",
                loop="asyncio",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=["127.0.0.1", "::1"],
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=LONGEST_HEAD,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_LAST_ANSWERS,
                callback_notify=self._beat,
                timeout_notify=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="octotui-web", daemon=True)

    def start(self, ended: Callable[[], None] | None = None) -> None:
        """Read the ledger and serve; returns once it answers. `ended` is called when it ends, whyever."""
        self._ended = ended
        self.live.start()
        self._thread.start()
        self.site.is_open.wait(_READY_SECONDS)

    def stop(self) -> None:
        """End it: who follows is sent away, answers under way have three seconds."""
        if self.site.bell is not None:
            self.site.bell.close()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._listener.close()
        self.live.stop()

    async def _beat(self) -> None:
        self.beats += 1

    def _serve(self) -> None:
        # In a thread that is not the main one uvicorn leaves signals alone: they are the command's.
        try:
            self._server.run(sockets=[self._listener])
        except BaseException as error:  # noqa: BLE001 - the main thread says what it was
            self.error = error
        finally:
            self.site.is_open.set()
            if self._ended is not None:
                self._ended()
