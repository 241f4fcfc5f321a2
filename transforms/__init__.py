"""From raw strings to meaning, in pure functions."""
