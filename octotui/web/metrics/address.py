"""Addresses to listen on, as they are written: `127.0.0.1:9464`, `[::1]:9464`, `:9464`, `9464`."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

LOOPBACK = "127.0.0.1"


class ListenAddress(NamedTuple):
    """Where to listen."""

    host: str
    port: int
    """0: any that is free."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_listen_address(text: str) -> ListenAddress:
    """Return the address that is meant; without a host, the loopback one. Raises `ValueError` with what is wrong."""
    host, colon, port = text.strip().rpartition(":")
    host = host if colon else ""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text}: an IPv6 address stands in brackets: [::1]:9464")
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise ValueError(f"{text}: it must be HOST:PORT, such as {LOOPBACK}:9464")
    if not all(sign.isalnum() or sign in ".:-_%" for sign in host):
        raise ValueError(f"{text}: {host} is no host")
    return ListenAddress(host or LOOPBACK, int(port))
