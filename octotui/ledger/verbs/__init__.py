"""The verbs of a ledger, by what they are about: what each kind of it has to know and to do."""
