"""What the static portal shows, as plain values: addresses, words, tables as published, charts, the search index. No files."""
