"""What `octotui serve` serves: the ledger as a page, as JSON and as events, for looking only."""
