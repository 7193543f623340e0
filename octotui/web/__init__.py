"""The same facts over HTTP, read-only: page, JSON, metrics."""
