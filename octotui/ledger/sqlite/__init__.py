"""The ledger of one box: an SQLite file that any number of its threads and processes share. Only here is SQL for it."""
