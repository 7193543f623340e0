"""The one table of settings: loading, checking, `config init` and `config.example.toml` all follow from it."""

from __future__ import annotations

from octotui.config import value_readers
from octotui.config.notice_settings import NOTICE_SETTINGS
from octotui.config.setting_type import Effect, Kind, Setting

GROUPS: tuple[tuple[str, tuple[Setting, ...]], ...] = (
    (
        "The gateway",
        (
            Setting(
                "base_url",
                Kind.BASE_URL,
                "Address of the gateway, with or without /v1. OPENAI_BASE_URL counts only with OPENAI_API_KEY, and "
                "where nothing of octotui's own names a base URL, a key or a token.",
                default="https://octopusx.ai",
                per_profile=True,
                environment="OCTOTUI_BASE_URL",
            ),
            Setting(
                "api_key_file",
                Kind.PATH,
                "File that holds the key and nothing else; only you may read it (chmod 600). "
                "OCTOTUI_API_KEY, then OPENAI_API_KEY, win over every key named here; OPENAI_API_KEY is used only "
                "where base_url, OCTOTUI_BASE_URL or OPENAI_BASE_URL names the gateway.",
                example="~/.config/octotui/key",
                per_profile=True,
            ),
            Setting(
                "api_key_command",
                Kind.WORDS,
                "Command that prints the key, as a list of words (no shell); it has 30 seconds.",
                example=["pass", "show", "octopusx"],
                per_profile=True,
            ),
            Setting(
                "api_key_keyring",
                Kind.KEYRING,
                "Entry of the system keyring, as service/name; needs the Python package keyring.",
                example="octotui/default",
                per_profile=True,
            ),
            Setting(
                "system_token_file",
                Kind.PATH,
                "For octotui discover only: file that holds the system access token of your account (not the key); "
                "only you may read it. OCTOTUI_SYSTEM_TOKEN wins over it.",
                example="~/.config/octotui/system-token",
                per_profile=True,
                effect=Effect.COMMAND,
            ),
            Setting(
                "system_token_command",
                Kind.WORDS,
                "The same from a command that prints it, as a list of words (no shell).",
                example=["pass", "show", "octopusx-system"],
                per_profile=True,
                effect=Effect.COMMAND,
            ),
            Setting(
                "system_user",
                Kind.WHOLE,
                "Number of your account at the gateway, which goes with the system access token.",
                example=42,
                minimum=1,
                per_profile=True,
                environment="OCTOTUI_SYSTEM_USER",
                effect=Effect.COMMAND,
            ),
            Setting(
                "proxy",
                Kind.PROXY,
                "Proxy for every request; without it HTTPS_PROXY, HTTP_PROXY and NO_PROXY count.",
                example="http://proxy.example:3128",
            ),
            Setting(
                "ca_file",
                Kind.PATH,
                "Extra certificates (PEM) to trust, for a gateway or proxy with its own authority.",
                example="/etc/ssl/company.pem",
            ),
            Setting(
                "allow_hosts",
                Kind.HOSTS,
                "Hosts with private addresses (loopback, own network) that links may lead to; the gateway's own host "
                "always may.",
                example=["10.0.0.7", "media.lan"],
                per_profile=True,
                effect=Effect.ENGINE,
            ),
        ),
    ),
    (
        "Asking",
        (
            Setting(
                "requests_per_minute",
                Kind.WHOLE,
                "How many requests octotui may send, all providers together.",
                default=600,
                unit="requests a minute",
                minimum=1,
                maximum=60_000,
                per_profile=True,
                effect=Effect.ENGINE,
            ),
            Setting(
                "poll_seconds",
                Kind.DURATION,
                "How often a running task is asked, at most.",
                default=10,
                unit="seconds",
                minimum=1,
                maximum=3600,
                effect=Effect.ENGINE,
            ),
            Setting(
                "connections",
                Kind.WHOLE,
                "Connections kept open for asking.",
                default=8,
                unit="connections",
                minimum=1,
                maximum=64,
                effect=Effect.ENGINE,
            ),
        ),
    ),
    (
        "The ledger",
        (
            Setting(
                "ledger",
                Kind.LEDGER,
                "URL of a PostgreSQL ledger, which several machines share (needs the extra postgres); without one a "
                "file on this machine. It holds no password, and for the default profile only: each profile names "
                "its own.",
                example="postgresql://ann@db.example/farm?schema=octotui",
                per_profile=True,
                environment="OCTOTUI_LEDGER",
            ),
            Setting(
                "ledger_password_command",
                Kind.WORDS,
                "Command that prints the password of that server, as a list of words (no shell); without one libpq's "
                "own ways count: ~/.pgpass, PGPASSWORD.",
                example=["pass", "show", "octotui-ledger"],
                per_profile=True,
            ),
        ),
    ),
    (
        "Inbox",
        (
            Setting(
                "inbox",
                Kind.PATH,
                "Folder that is watched while octotui works: files dropped there (ids, create answers, anything add "
                "reads) are read, then moved to its folder done, or to unread with the reason beside.",
                example="~/octotui-inbox",
                per_profile=True,
                effect=Effect.ENGINE,
            ),
        ),
    ),
    (
        "Saving",
        (
            Setting(
                "download_dir",
                Kind.PATH,
                "Where results are saved.",
                default="~/octotui",
                per_profile=True,
                effect=Effect.ENGINE,
            ),
            Setting(
                "file_template",
                Kind.TEMPLATE,
                "Name of a saved file below download_dir. Fields: "
                + " ".join(f"{{{field}}}" for field in value_readers.TEMPLATE_FIELDS)
                + ".",
                default="{provider}/{date}-{model}-{id}.mp4",
                effect=Effect.ENGINE,
            ),
            Setting(
                "parallel_downloads",
                Kind.WHOLE,
                "How many files are saved at once, one connection each.",
                default=4,
                unit="files",
                minimum=1,
                maximum=32,
                effect=Effect.ENGINE,
            ),
            Setting(
                "bandwidth_limit",
                Kind.RATE,
                "How fast all files together may come; no limit unless set.",
                example="10MB/s",
                unit="bytes a second",
                effect=Effect.ENGINE,
            ),
            Setting(
                "max_file_size",
                Kind.SIZE,
                "A result that grows larger than this is not saved.",
                default="20GB",
                unit="bytes",
                minimum=1,
                effect=Effect.ENGINE,
            ),
            Setting(
                "disk_reserve",
                Kind.SIZE,
                "Free space on the disk that is never touched.",
                default="1GB",
                unit="bytes",
                effect=Effect.ENGINE,
            ),
            Setting(
                "transport",
                Kind.TEXT,
                "What saves files: http.client, which is the faster, or httpx for a network where that one fails.",
                default="http.client",
                choices=("http.client", "httpx"),
                effect=Effect.ENGINE,
            ),
            Setting(
                "rescue_before",
                Kind.DURATION,
                "Save by itself whatever is lost within this time; nothing is saved unasked unless set.",
                example="30m",
                unit="seconds",
                minimum=1,
                effect=Effect.ENGINE,
            ),
            Setting(
                "share_downloads",
                Kind.FLAG,
                "Save on this machine, too, what may come to any: where machines share a ledger in PostgreSQL.",
                default=True,
                effect=Effect.ENGINE,
            ),
        ),
    ),
    (
        "Delivering",
        (
            Setting(
                "deliver_to",
                Kind.STORAGE,
                "Where each saved result is put, too, with its side-car: s3://bucket/prefix, gs://bucket/prefix, "
                "az://container/prefix (they need the extra s3), or file:///folder. Credentials come from the cloud's "
                "own chain (environment, profile files, the machine's role) and never stand here.",
                example="s3://renders/octotui",
                per_profile=True,
                effect=Effect.ENGINE,
            ),
            Setting(
                "keep_local",
                Kind.KEEPING,
                "How long the local file of a delivered result stays: always, until_delivered, or a time since its "
                "delivery. It is deleted only after the object was read back whole.",
                default="always",
                example="7d",
                per_profile=True,
                effect=Effect.ENGINE,
            ),
        ),
    ),
    (
        "The screen",
        (
            Setting(
                "player",
                Kind.WORDS,
                "Command that opens a saved file, as a list of words; the file comes last.",
                default=["mpv"],
                effect=Effect.SCREEN,
            ),
            Setting(
                "theme",
                Kind.TEXT,
                "Colours; the palette (Ctrl+P) lists all themes.",
                default="octotui-dark",
                effect=Effect.SCREEN,
            ),
            Setting(
                "ascii",
                Kind.CHOICE,
                "Plain ASCII marks: true, false, or where there are no glyphs (the Linux console, no UTF-8).",
                default="auto",
                effect=Effect.SCREEN,
            ),
            Setting(
                "ambiguous_wide",
                Kind.CHOICE,
                "Whether the terminal draws characters of ambiguous width (● ─ … “) in two cells, as some do for East "
                "Asian text: true, false, or what it answers at the start. Where it does, ASCII stands in for them.",
                default="auto",
                effect=Effect.SCREEN,
            ),
            Setting(
                "low_bandwidth",
                Kind.CHOICE,
                "Clocks to the minute, bars of text, one repaint in two seconds: true, false, or where the terminal "
                "takes more than 0.3 s to answer.",
                default="auto",
                effect=Effect.SCREEN,
            ),
            Setting("mouse", Kind.FLAG, "Let the mouse scroll and click, not select text.", default=False),
            Setting(
                "pictures",
                Kind.TEXT,
                "How frames of saved videos are drawn, where the extra preview is installed: by Kitty's graphics, as "
                "Sixel, as half blocks, or not at all; auto goes by the name of the terminal.",
                default="auto",
                choices=("auto", "kitty", "sixel", "blocks", "none"),
            ),
            Setting(
                "bell",
                Kind.FLAG,
                "Ring the terminal's bell; terminal_on says for what.",
                default=False,
                effect=Effect.SCREEN,
            ),
        ),
    ),
    ("When something happens", NOTICE_SETTINGS),
    (
        "The page (octotui serve)",
        (
            Setting(
                "web_token_file",
                Kind.PATH,
                "File that holds the token which opens the page, at least 16 characters; only you may read it (chmod "
                "600). Needed to serve anything but this machine; where it is set, it is asked for here, too.",
                example="~/.config/octotui/web-token",
                per_profile=True,
                effect=Effect.COMMAND,
            ),
            Setting(
                "web_hosts",
                Kind.HOSTS,
                "Names under which the page is reached besides localhost and this machine's own, as behind a proxy: "
                "every other name is refused.",
                example=["tasks.example.org"],
                per_profile=True,
                effect=Effect.COMMAND,
            ),
        ),
    ),
)
"""Every setting, in the order in which the example shows them."""

SETTINGS: dict[str, Setting] = {setting.name: setting for _, group in GROUPS for setting in group}
"""Every setting by its name."""

PROFILE_SETTINGS: dict[str, Setting] = {name: setting for name, setting in SETTINGS.items() if setting.per_profile}
"""Those that `[profiles.NAME]` may set."""

KEY_SOURCES = ("api_key_file", "api_key_command", "api_key_keyring")
"""The settings that say where the key is; at most one of them in one place."""

TABLES = ("providers", "profiles", "keys")
"""What stands beside the settings at the top: `[providers.NAME]`, `[profiles.NAME]`, `[keys]`."""

ENGINE_SETTINGS = tuple(name for name, setting in SETTINGS.items() if setting.effect is Effect.ENGINE)
"""Those that a running engine goes on with."""

TABLE_EFFECTS = {"providers": Effect.START, "keys": Effect.SCREEN}
"""When a change to what stands in one of these tables takes effect."""

PROVIDER_SETTINGS = ("label", "route", "id_prefixes", "model_prefixes", "retention", "accent")
"""What `[providers.NAME]` may set."""
