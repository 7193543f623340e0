"""What people ask for, as statements; the verbs are in `octotui/ledger/intent_writer.py`."""
