"""The single source of truth: every column and table declared once."""
