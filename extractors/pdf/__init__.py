"""Reading one PDF: pages, lines, grids, tables, as strings."""
