"""From lines of text to strips."""
