"""Where documents are and how they are drawn: nothing here knows what a number means."""
