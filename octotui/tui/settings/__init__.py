"""Settings from inside: the screen that shows and changes them, and what it needs to know of the file."""
