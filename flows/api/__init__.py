"""The query service: a read-only web interface to the tables, made from the metadata (docs/api.md)."""
