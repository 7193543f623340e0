"""The wire: knows HTTP and JSON; knows no ledger and no screen."""
