"""What concerns many tasks at once: how much they are, what they are tagged with, why they failed."""
