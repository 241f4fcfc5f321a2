"""What a page of the portal leads to."""

from html.parser import HTMLParser


class Links(HTMLParser):
    """Every address that a page leads to or loads, and every id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.addresses += [named[name] for name in ("href", "src", "action") if named.get(name)]
        self.ids |= {named["id"]} if "id" in named else set()
