"""A ledger taken into another one of whichever kind."""
