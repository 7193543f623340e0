"""Boxes on one ledger: three under kills, freezes, crashes and cuts (the soak), and many (`--scale`)."""
