"""Delta tables with a commit marker."""
