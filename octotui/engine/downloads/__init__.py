"""From a wanted result to a whole file."""
