"""The file of a ledger: where it lies, how it is opened, locked and read, and what is done where it is damaged."""
