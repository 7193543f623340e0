"""The settings as the rest of octotui reads them: plain frozen data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from octotui.gateway.providers import BUILTIN, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PROFILE = "default"
"""The profile that is in use when none is named: the settings outside of `[profiles.NAME]`."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Config:
    """Every setting, read, checked and with its unit taken out: seconds, bytes, bytes per second, absolute paths."""

    state_dir: Path
    """Where ledgers are kept (made with mode 0700 when the first ledger is opened)."""
    ledger: str | None = field(default=None, repr=False)
    """URL of a PostgreSQL ledger, None for a file in `state_dir`; out of the environment it may hold a password."""
    ledger_password_command: tuple[str, ...] | None = field(default=None, repr=False)
    """What prints that server's password (`ledger_password.py`)."""
    path: Path | None = None
    """The file that was read; None when there was none."""
    base_url: str = "https://octopusx.ai"
    """As `normalise_base_url` gives it: no `/v1`, no trailing slash."""
    api_key: str | None = field(default=None, repr=False)
    api_key_source: str | None = None
    """Where the key comes from, in words; never the key."""
    withheld_key: str | None = None
    """The variable with a key that is not used because no base URL was named; None where there is none, or another
    key is used."""
    profile: str = DEFAULT_PROFILE
    profiles: tuple[str, ...] = (DEFAULT_PROFILE,)
    """All profiles there are, `default` first."""
    providers: tuple[Provider, ...] = BUILTIN
    requests_per_minute: int = 600
    poll_seconds: float = 10.0
    connections: int = 8
    proxy: str | None = field(default=None, repr=False)
    """It may hold a password."""
    ca_file: Path | None = None
    allow_hosts: tuple[str, ...] = ()
    """Names or addresses inside the own network that links may lead to."""
    inbox: Path | None = None
    """A watched folder: what is dropped there is read like a paste."""
    system_token_file: Path | None = None
    system_token_command: tuple[str, ...] | None = None
    system_user: int | None = None
    """Whose tasks `discover` lists, and where its own credential comes from (`system_token.py`)."""
    download_dir: Path = field(default_factory=lambda: Path.home() / "octotui")
    file_template: str = "{provider}/{date}-{model}-{id}.mp4"
    parallel_downloads: int = 4
    bandwidth_limit: int | None = None
    """Bytes per second, all downloads together."""
    max_file_size: int = 20 * 10**9
    disk_reserve: int = 10**9
    transport: Literal["http.client", "httpx"] = "http.client"
    """What fetches files; the names are those of `octotui.gateway.http.download_transport.TransportName`."""
    rescue_before: float | None = None
    share_downloads: bool = True
    deliver_to: str | None = None
    """URL that saved results are put below, without a slash at its end; None: they stay where they were saved."""
    keep_local: float = math.inf
    """Seconds a local file is kept after its delivery; infinity: for ever."""
    player: tuple[str, ...] = ("mpv",)
    theme: str = "octotui-dark"
    ascii: bool | None = None
    """None: as the terminal needs it; so with the two below."""
    ambiguous_wide: bool | None = None
    """Whether the terminal draws characters of ambiguous width two cells wide."""
    low_bandwidth: bool | None = None
    mouse: bool = False
    pictures: str = "auto"
    """auto, kitty, sixel, blocks or none."""
    bell: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    """`[keys]`: ids of the screen's commands and the keys for them; the screen checks both."""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    """The line in `path` of everything it sets, by dotted name (`theme`, `keys.download`)."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment variable that `base_url` or `api_key` comes from, by that name, where one of them does."""
    on_completed: tuple[str, ...] = ()
    """This and the four below: commands as lists of words, empty where there is none."""
    on_failed: tuple[str, ...] = ()
    on_saved: tuple[str, ...] = ()
    on_expiring: tuple[str, ...] = ()
    on_lost: tuple[str, ...] = ()
    hook_time_limit: float = 60.0
    expiring_before: float = 900.0
    notify_urls: tuple[str, ...] = field(default=(), repr=False)
    """They may hold passwords. With the key come those of `notify_urls_file`, too."""
    notify_urls_file: Path | None = None
    notify_on: tuple[str, ...] = ("completed", "failed", "expiring", "lost")
    """Of `octotui.task_events.NoticeKind`."""
    terminal_notify: str = "off"
    """off, osc9 or osc777."""
    terminal_on: tuple[str, ...] = ("completed", "failed", "expiring", "lost")
    web_token_file: Path | None = None
    """Where the token is that opens the page (`web_token.py`)."""
    web_hosts: tuple[str, ...] = ()
    """Names under which the page may be asked for."""

    @property
    def ledger_path(self) -> Path:
        """Return the file of this profile's ledger, where it has no `ledger`; each profile has one of its own."""
        name = "ledger.db" if self.profile == DEFAULT_PROFILE else f"ledger-{self.profile}.db"
        return self.state_dir / name

    @property
    def ledger_place(self) -> Path | str:
        """Return where this profile's ledger is, as `Ledger.open` takes it."""
        return self.ledger_path if self.ledger is None else self.ledger
