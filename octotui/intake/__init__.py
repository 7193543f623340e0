"""Paste anything: text in, tasks to watch out. `reading` is for texts, `typed` for ids."""
