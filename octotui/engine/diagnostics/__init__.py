"""What `doctor` looks at: each check is a question asked of the world, and a pure function that judges the answer."""
