"""What a person types: thin commands; nothing is decided here."""
