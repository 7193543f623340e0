"""The one table of settings: loading, checking, `config init` and `config.example.toml` all follow from it."""

from __future__ import annotations

from octotui.config import value_readers
from octotui.config.setting_type import Kind, Setting

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
            ),
            Setting(
                "system_token_command",
                Kind.WORDS,
                "The same from a command that prints it, as a list of words (no shell).",
                example=["pass", "show", "octopusx-system"],
                per_profile=True,
            ),
            Setting(
                "system_user",
                Kind.WHOLE,
                "Number of your account at the gateway, which goes with the system access token.",
                example=42,
                minimum=1,
                per_profile=True,
                environment="OCTOTUI_SYSTEM_USER",
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
            ),
            Setting(
                "poll_seconds",
                Kind.DURATION,
                "How often a running task is asked, at most.",
                default=10,
                unit="seconds",
                minimum=1,
                maximum=3600,
            ),
            Setting(
                "connections",
                Kind.WHOLE,
                "Connections kept open for asking.",
                default=8,
                unit="connections",
                minimum=1,
                maximum=64,
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
            ),
        ),
    ),
    (
        "Downloads",
        (
            Setting(
                "download_dir",
                Kind.PATH,
                "Where results are saved.",
                default="~/octotui",
                per_profile=True,
            ),
            Setting(
                "file_template",
                Kind.TEMPLATE,
                "Name of a saved file below download_dir. Fields: "
                + " ".join(f"{{{field}}}" for field in value_readers.TEMPLATE_FIELDS)
                + ".",
                default="{provider}/{date}-{model}-{id}.mp4",
            ),
            Setting(
                "parallel_downloads",
                Kind.WHOLE,
                "How many files are fetched at once, one connection each.",
                default=4,
                unit="files",
                minimum=1,
                maximum=32,
            ),
            Setting(
                "bandwidth_limit",
                Kind.RATE,
                "How fast all downloads together may be; no limit unless set.",
                example="10MB/s",
                unit="bytes a second",
            ),
            Setting(
                "max_file_size",
                Kind.SIZE,
                "A download that grows larger than this is given up.",
                default="20GB",
                unit="bytes",
                minimum=1,
            ),
            Setting(
                "disk_reserve",
                Kind.SIZE,
                "Free space on the disk that is never touched.",
                default="1GB",
                unit="bytes",
            ),
            Setting(
                "transport",
                Kind.TEXT,
                "What fetches files: http.client, which is the faster, or httpx for a network where that one fails.",
                default="http.client",
                choices=("http.client", "httpx"),
            ),
            Setting(
                "rescue_before",
                Kind.DURATION,
                "Fetch by itself whatever is lost within this time; nothing is fetched unasked unless set.",
                example="30m",
                unit="seconds",
                minimum=1,
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
            ),
            Setting("theme", Kind.TEXT, "Colours; the palette (Ctrl+P) lists all themes.", default="octotui-dark"),
            Setting(
                "ascii",
                Kind.CHOICE,
                "Plain ASCII marks: true, false, or where there are no glyphs (the Linux console, no UTF-8).",
                default="auto",
            ),
            Setting(
                "ambiguous_wide",
                Kind.CHOICE,
                "Whether the terminal draws characters of ambiguous width (● ─ … “) in two cells, as some do for East "
                "Asian text: true, false, or what it answers at the start. Where it does, ASCII stands in for them.",
                default="auto",
            ),
            Setting(
                "low_bandwidth",
                Kind.CHOICE,
                "Clocks to the minute, bars of text, one repaint in two seconds: true, false, or where the terminal "
                "takes more than 0.3 s to answer.",
                default="auto",
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
            Setting("bell", Kind.FLAG, "Ring the terminal's bell; terminal_on says for what.", default=False),
        ),
    ),
    (
        "When something happens",
        (
            Setting(
                "on_completed",
                Kind.WORDS,
                "Command to run when a task has completed, as a list of words (no shell). It gets the task as JSON on "
                "its standard input, and OCTOTUI_EVENT, OCTOTUI_ID, OCTOTUI_FILE and more as environment variables.",
                example=["notify-send", "octotui", "a task has completed"],
            ),
            Setting(
                "on_failed",
                Kind.WORDS,
                "The same for a task that failed or was cancelled, or whose download was given up (OCTOTUI_ERROR).",
                example=["/usr/local/bin/task-failed"],
            ),
            Setting(
                "on_saved",
                Kind.WORDS,
                "The same for a result that is on the disk, whole (OCTOTUI_FILE, OCTOTUI_SHA256).",
                example=["/usr/local/bin/task-saved"],
            ),
            Setting(
                "on_expiring",
                Kind.WORDS,
                "The same for a result that is not saved and comes close to its deadline (OCTOTUI_EXPIRES_AT).",
                example=["/usr/local/bin/task-expiring"],
            ),
            Setting(
                "on_lost",
                Kind.WORDS,
                "The same for a result that is past its deadline and was not saved.",
                example=["/usr/local/bin/task-lost"],
            ),
            Setting(
                "hook_time_limit",
                Kind.DURATION,
                "How long one of these commands may take; then it is killed.",
                default=60,
                unit="seconds",
                minimum=1,
                maximum=86_400,
            ),
            Setting(
                "expiring_before",
                Kind.DURATION,
                "How long before its deadline a result that is not saved is spoken of as expiring.",
                default="15m",
                unit="seconds",
                minimum=1,
            ),
            Setting(
                "notify_urls",
                Kind.URLS,
                "Where to send notifications: URLs as Apprise has them (ntfy, Slack, mail and a hundred others); needs "
                "the extra notify. They often hold a password: see notify_urls_file.",
                example=["ntfy://ntfy.example/octotui"],
            ),
            Setting(
                "notify_urls_file",
                Kind.PATH,
                "File with more such URLs, one a line; only you may read it (chmod 600).",
                example="~/.config/octotui/notify-urls",
            ),
            Setting(
                "notify_on",
                Kind.NOTICES,
                "What notifications are sent of: completed, failed, saved, expiring, lost.",
                default=["completed", "failed", "expiring", "lost"],
            ),
            Setting(
                "terminal_notify",
                Kind.TEXT,
                "Have the terminal itself show a notification: osc9 (iTerm2, WezTerm, kitty, Ghostty) "
                "or osc777 (foot, rxvt-unicode, Ghostty). In tmux it needs allow-passthrough.",
                default="off",
                choices=("off", "osc9", "osc777"),
            ),
            Setting(
                "terminal_on",
                Kind.NOTICES,
                "What bell and terminal_notify speak of: completed, failed, saved, expiring, lost.",
                default=["completed", "failed", "expiring", "lost"],
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

PROVIDER_SETTINGS = ("label", "route", "id_prefixes", "model_prefixes", "retention", "accent")
"""What `[providers.NAME]` may set."""
