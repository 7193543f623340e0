"""From bodies to answers."""
