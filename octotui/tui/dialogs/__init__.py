"""Dialogs, which lie over the panes."""
