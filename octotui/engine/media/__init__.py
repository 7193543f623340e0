"""What is inside a saved file."""
