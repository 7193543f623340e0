"""Panes and the task table."""
