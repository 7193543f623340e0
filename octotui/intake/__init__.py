"""Paste anything: text in, tasks to watch out. `parse` is for texts, `typed_ids` for ids."""
