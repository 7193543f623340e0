"""The commented example: every setting with what it does, its unit and its default, written from the table."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from octotui.config.settings_table import GROUPS, PROFILE_SETTINGS
from octotui.gateway.providers import BUILTIN
from octotui.gateway.routes import ROUTES

if TYPE_CHECKING:
    from octotui.config.setting_type import Setting

_WIDTH = 116
_HEAD = """\
octotui: every setting, with its default and unit. Nothing here is needed: a key in OCTOTUI_API_KEY is enough.
A line that begins with "#" is off. Times: 10 (seconds), "30m", "1h 30m". Sizes: "2GB", "2GiB". Rates: "10MB/s".
`octotui config check` says what is wrong with this file, line by line."""

_PROVIDERS = (
    f"Built in: {', '.join(provider.name for provider in BUILTIN)}. A table changes one of them, or adds one that "
    "gets a pane of its own. label: what the pane is called. route: where its tasks are asked first, one of "
    f"{', '.join(ROUTES)}. id_prefixes, model_prefixes: beginnings of the ids and models that are its own. "
    'retention: how long a finished result is kept (seconds, "24h" or "none"); an estimate, shown with ~. '
    "accent: the colour of the pane."
)
_PROVIDERS_EXAMPLE = """\
[providers.kling]
label = "Kling"
route = "generations"
id_prefixes = ["kling"]
model_prefixes = ["kling"]
retention = "24h"
accent = "#d7875f"
"""

_PROFILES = (
    "Several gateways or keys: --profile NAME or OCTOTUI_PROFILE picks one; each has a ledger of its own. "
    f"A profile may set: {', '.join(PROFILE_SETTINGS)}."
)
_PROFILES_EXAMPLE = """\
[profiles.studio]
base_url = "https://gateway.example"
api_key_file = "~/.config/octotui/studio-key"
download_dir = "/mnt/studio"
"""

_KEYS = "Other keys for the screen's commands: the id of a command, as the help (?) lists it, and its keys."
_KEYS_EXAMPLE = """\
[keys]
download = "d,f5"
"""


def example_text() -> str:
    """Return what `octotui config init` writes and `config.example.toml` holds."""
    blocks = [_HEAD]
    for title, settings in GROUPS:
        blocks.append(_rule(title))
        blocks.extend(_described(setting) for setting in settings)
    for title, words, example in (
        ("Providers", _PROVIDERS, _PROVIDERS_EXAMPLE),
        ("Profiles", _PROFILES, _PROFILES_EXAMPLE),
        ("Keys", _KEYS, _KEYS_EXAMPLE),
    ):
        blocks.extend((_rule(title), textwrap.fill(words, _WIDTH), example))
    return "\n\n".join("\n".join(f"# {line}" for line in block.strip().split("\n")) for block in blocks) + "\n"


def _rule(title: str) -> str:
    return f"── {title} ".ljust(_WIDTH, "─")


def _described(setting: Setting) -> str:
    is_set = setting.default is not None
    # A JSON string, number, truth value or list of strings is one of TOML, too.
    assignment = f"{setting.name} = {json.dumps(setting.default if is_set else setting.example, ensure_ascii=False)}"
    facts = [setting.help]
    if setting.choices:
        facts.append(f"One of: {', '.join(setting.choices)}.")
    if setting.unit:
        facts.append(f"Unit: {setting.unit}.")
    if setting.environment:
        facts.append(f"{setting.environment} wins over it.")
    facts.append("Default:" if is_set else "Not set by default. Example:")
    return "\n".join([*textwrap.wrap(" ".join(facts), _WIDTH), assignment])
