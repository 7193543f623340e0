"""When a task is asked, and what its answer makes of it."""
