"""Help beyond the options: examples, the man page, completion of the shells."""
