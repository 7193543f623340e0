"""From what was pasted to text that can be read."""
