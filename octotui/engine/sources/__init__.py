"""Where tasks come from besides a person."""
