"""What each subcommand does; one module a command, or one for a few that share their words."""
