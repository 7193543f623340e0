"""Looking instead of reading: figures of a span of time, and the pictures that overview and report make of them."""
