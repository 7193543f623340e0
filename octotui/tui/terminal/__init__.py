"""The way to the terminal, and all that touches private parts of Textual."""
