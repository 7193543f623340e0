"""What people ask for, in SQLite."""
