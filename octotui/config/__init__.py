"""Settings: one table says what there is; file, profile and environment say what holds (`INTERFACE.md`)."""

from octotui.config.loading import config_path, load, state_dir
from octotui.config.model import DEFAULT_PROFILE, Config
from octotui.config.problems import ConfigError, Problem

__all__ = ["DEFAULT_PROFILE", "Config", "ConfigError", "Problem", "config_path", "load", "state_dir"]
