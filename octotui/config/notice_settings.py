"""The settings about what happens: commands to run, notifications to send, the terminal's own ways to call."""

from __future__ import annotations

from octotui.config.setting_type import Effect, Kind, Setting

NOTICE_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "on_completed",
        Kind.WORDS,
        "Command to run when a task has completed, as a list of words (no shell). It gets the task as JSON on "
        "its standard input, and OCTOTUI_EVENT, OCTOTUI_ID, OCTOTUI_FILE and more as environment variables.",
        example=["notify-send", "octotui", "a task has completed"],
        effect=Effect.ENGINE,
    ),
    Setting(
        "on_failed",
        Kind.WORDS,
        "The same for a task that failed or was cancelled, or whose result could not be saved (OCTOTUI_ERROR).",
        example=["/usr/local/bin/task-failed"],
        effect=Effect.ENGINE,
    ),
    Setting(
        "on_saved",
        Kind.WORDS,
        "The same for a result that is on the disk, whole (OCTOTUI_FILE, OCTOTUI_SHA256).",
        example=["/usr/local/bin/task-saved"],
        effect=Effect.ENGINE,
    ),
    Setting(
        "on_expiring",
        Kind.WORDS,
        "The same for a result that is not saved and comes close to its deadline (OCTOTUI_EXPIRES_AT).",
        example=["/usr/local/bin/task-expiring"],
        effect=Effect.ENGINE,
    ),
    Setting(
        "on_lost",
        Kind.WORDS,
        "The same for a result that is past its deadline and was not saved.",
        example=["/usr/local/bin/task-lost"],
        effect=Effect.ENGINE,
    ),
    Setting(
        "hook_time_limit",
        Kind.DURATION,
        "How long one of these commands may take; then it is killed.",
        default=60,
        unit="seconds",
        minimum=1,
        maximum=86_400,
        effect=Effect.ENGINE,
    ),
    Setting(
        "expiring_before",
        Kind.DURATION,
        "How long before its deadline a result that is not saved is spoken of as expiring.",
        default="15m",
        unit="seconds",
        minimum=1,
        effect=Effect.ENGINE,
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
        effect=Effect.ENGINE,
    ),
    Setting(
        "terminal_notify",
        Kind.TEXT,
        "Have the terminal itself show a notification: osc9 (iTerm2, WezTerm, kitty, Ghostty) "
        "or osc777 (foot, rxvt-unicode, Ghostty). In tmux it needs allow-passthrough.",
        default="off",
        choices=("off", "osc9", "osc777"),
        effect=Effect.SCREEN,
    ),
    Setting(
        "terminal_on",
        Kind.NOTICES,
        "What bell and terminal_notify speak of: completed, failed, saved, expiring, lost.",
        default=["completed", "failed", "expiring", "lost"],
        effect=Effect.SCREEN,
    ),
)
"""Part of the table of settings."""
