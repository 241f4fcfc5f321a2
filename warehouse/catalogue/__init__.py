"""A release described for catalogues: data sets, files, and the same in DCAT-AP, `data.json` and schema.org."""
