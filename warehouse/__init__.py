"""The contracts and the stores: metadata, records, findings, archive, tables, releases."""
