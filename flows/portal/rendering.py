"""Pages made of templates.

Promise: every value is escaped (autoescape is on for every template), a value that is missing fails; a page loads nothing from a
foreign host, and its policy (CSP) keeps a browser from doing so whatever a document is called. Links are relative: the portal may
stand in any folder of a web server.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from transforms.portal import addresses
from transforms.portal.addresses import Language
from transforms.portal.detail_words import name_subject
from transforms.portal.disclosure_names import name_disclosure
from transforms.portal.finding_words import tell_finding
from transforms.portal.stated_words import name_period, name_statement, name_unit
from transforms.portal.words import name_finding, name_value, say

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
"""Of every page, as a `meta`; a server adds `frame-ancestors`, which only a header can say."""


def render_page(language: Language, address: str, template: str, values: Mapping[str, Any]) -> bytes:
    """A page at `address` of one language."""
    depth = address.count("/") + 1
    other: Language = "en" if language == "zh" else "zh"
    root = "../" * depth
    here, folder = f"{root}{language}/", f"{address.rpartition('/')[0]}/"
    return (
        _open_templates()
        .get_template(template)
        .render(
            **values,
            language=language,
            other=other,
            root=root,
            here=here,
            link=lambda to: to.removeprefix(folder) if to.startswith(folder) else f"{here}{to}",
            other_page=f"{root}{other}/{address}",
            policy=POLICY,
            say=partial(say, language=language),
            name_value=partial(name_value, language=language),
            name_finding=partial(name_finding, language=language),
            tell_finding=partial(tell_finding, language=language),
            name_subject=partial(name_subject, language=language),
            name_statement=partial(name_statement, language=language),
            name_period=partial(name_period, language=language),
            name_unit=partial(name_unit, language=language),
            pick=lambda text: getattr(text, language),
        )
        .encode()
    )


@cache
def _open_templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("flows.portal", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=format_money,
        wan=format_wan,
        share=format_share,
        web=keep_web_address,
        size=format_size,
        plain=format_plain,
        trusted=_mark_trusted,
    )
    environment.globals["name_disclosure"] = name_disclosure
    for name in (
        "address_document",
        "address_failing",
        "address_findings",
        "address_page",
        "address_picture",
        "address_sheet",
        "address_table",
        "address_tables",
        "address_targets",
        "address_text",
        "address_unit",
        "make_slug",
        "name_list_page",
        "name_row",
    ):
        environment.globals[name] = getattr(addresses, name)
    return environment


def format_money(value: Decimal | None) -> str:
    """Yuan with thousands; a dash for what is not known."""
    return "–" if value is None else f"{value:,.2f}"


def format_wan(value: Decimal | None) -> str:
    """Yuan in 万元, as people in China read a budget."""
    return "–" if value is None else f"{value / 10000:,.2f}"


def format_plain(value: str | None) -> str:
    """A plain decimal that is kept as text, with thousands and every one of its decimals; a dash for what is not known."""
    if value is None:
        return "–"
    whole, point, rest = value.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.lstrip("-").isdigit() and int(whole) else value


def format_share(part: int | None, whole: int) -> str:
    """A share in per cent, never rounded up to all of it."""
    if part is None or not whole:
        return "–"
    percent = 100 * part / whole
    return "100 %" if part == whole else f"{min(percent, 99.9):.1f} %"


def format_size(size: int) -> str:
    """Bytes in kB or MB."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{size / 1000:,.1f} kB"


def keep_web_address(url: str | None) -> str | None:
    """The address where a browser may follow it, else None: a document may have come from a file, or from a page that lies."""
    return url if url and urlsplit(url).scheme in {"http", "https"} else None


def _mark_trusted(svg: str) -> Markup:
    """A drawing of our own, whose texts its drawer has escaped."""
    return Markup(svg)  # noqa: S704  # made by flows.portal.drawing, never from a document's markup
