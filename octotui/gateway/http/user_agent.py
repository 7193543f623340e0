"""The User-Agent that every request of octotui's carries, to the gateway and to the hosts of its files alike."""

from octotui import __version__

USER_AGENT = f"octotui/{__version__}"
