"""Machines that share a ledger, as text: who works, and where a file is."""
