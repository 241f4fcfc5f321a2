"""What the text and the performance sheets state, held against the tables and against themselves (identities C and D)."""
