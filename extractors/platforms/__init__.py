"""One class a family of portal software, none a city."""
