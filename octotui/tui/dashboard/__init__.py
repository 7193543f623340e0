"""Dashboard: the main screen and its parts."""
