"""What `octotui doctor` asks of a server."""
