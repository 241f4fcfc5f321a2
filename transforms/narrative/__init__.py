"""What the running text of a disclosure states in numbers: from lines of text to statements, in pure steps."""
