"""What works while nobody looks: asking, fetching, and holding the lease."""
