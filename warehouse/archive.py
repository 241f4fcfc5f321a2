"""Content-addressed archive."""
