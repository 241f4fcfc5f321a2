"""Sources and pages of a portal that a test serves with `portal` (conftest.py)."""

from extractors.sources import Source, parse_source

_NAV = "".join(f'<a href="/nav{number}">栏目{number}</a>' for number in range(3))


def make_source(url: str, **values) -> Source:
    """A source at this address that may be visited at once and without a pause."""
    source = parse_source(
        f"""
id: sample
region_code: "420100"
publisher: 示例
landing_urls: ["{url}/"]
season_months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
politeness: {{delay_seconds: 0}}
allow_private_addresses: true
""",
        "sample",
    )
    return source.model_copy(update=values)


def list_page(*links: tuple[str, str]) -> str:
    """A listing of (address, title)."""
    items = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    return f"<html><body>{_NAV}<ul>{items}</ul></body></html>"


def article(title: str, body: str) -> str:
    """An article with meta tags."""
    head = f'<head><meta name="ArticleTitle" content="{title}"></head>'
    return f'<html>{head}<body>{_NAV}<div class="TRS_Editor">{body}</div></body></html>'
