"""Great Expectations' pages, made to open without a network.

Promise: after `make_offline`, no page loads anything from a foreign host: known scripts and styles come from the copies in
`vendored/`, everything else foreign is taken out, the logo and the advertisement with it. Links that a person may click are kept.
"""

import os
import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

# The name in a foreign address -> the copy beside the pages. Longer names first: one is the beginning of another.
_COPIES = (
    (r"bootstrap-table-filter-control(\.min)?\.js", "bootstrap-table-filter-control.min.js"),
    (r"bootstrap-table-filter-control(\.min)?\.css", "bootstrap-table-filter-control.min.css"),
    (r"bootstrap-table(\.min)?\.js", "bootstrap-table.min.js"),
    (r"bootstrap-table(\.min)?\.css", "bootstrap-table.min.css"),
    (r"bootstrap-datepicker(\.min)?\.js", "bootstrap-datepicker.min.js"),
    (r"bootstrap-datepicker(\.min)?\.css", "bootstrap-datepicker.min.css"),
    (r"/bootstrap(\.min)?\.js", "bootstrap.min.js"),
    (r"/bootstrap(\.min)?\.css", "bootstrap.min.css"),
    (r"/jquery-[\d.]+(\.min)?\.js", "jquery.min.js"),
    (r"/popper(\.min)?\.js", "popper.min.js"),
    (r"/font-awesome/", "icons.css"),
)

_ADDRESS = r"(?:https?:)?//[^\s\"'<>)]+"
_SCRIPT = re.compile(rf"<script\b[^>]*\bsrc\s*=\s*[\"']({_ADDRESS})[\"'][^>]*>\s*</script>", re.IGNORECASE)
_STYLE = re.compile(rf"<link\b[^>]*\bhref\s*=\s*[\"']({_ADDRESS})[\"'][^>]*/?>", re.IGNORECASE)
_MEDIA = re.compile(rf"<(?:img|iframe|source|embed|video|audio)\b[^>]*\bsrc\s*=\s*[\"']{_ADDRESS}[\"'][^>]*/?>", re.IGNORECASE)
_CSS_URL = re.compile(rf"url\(\s*[\"']?{_ADDRESS}[\"']?\s*\)", re.IGNORECASE)
_CSS_IMPORT = re.compile(rf"@import\s+[\"']?{_ADDRESS}[\"']?[^;]*;", re.IGNORECASE)
_FOOTER = re.compile(r"<footer>.*?</footer>", re.IGNORECASE | re.DOTALL)
_HOME = re.compile(r"<a href=\"https?://(?:www\.)?greatexpectations\.io[^\"]*\">(.*?)</a>", re.IGNORECASE | re.DOTALL)
_ICON = re.compile(r"<link rel=\"shortcut icon\"[^>]*>", re.IGNORECASE)
_NAVBAR = re.compile(r"(<div class=\"float-left navbar-brand m-0 h-100\">\s*<a href=\")[^\"]*(\">)", re.IGNORECASE)

_LOADED = re.compile(
    rf"<(?:script|img|iframe|source|embed|video|audio|link|object)\b[^>]*\b(?:src|href|data)\s*=\s*[\"']?({_ADDRESS})"
    rf"|url\(\s*[\"']?({_ADDRESS})|@import\s+[\"']?({_ADDRESS})",
    re.IGNORECASE,
)


def find_foreign_references(html: str) -> tuple[str, ...]:
    """Every foreign address that opening the page would load, in the order of the page."""
    return tuple(next(filter(None, match.groups())) for match in _LOADED.finditer(html))


def localise_page(html: str, vendored: str, home: str) -> str:
    """The page with its scripts and styles from `vendored` and its brand leading to `home` (both relative addresses)."""
    html = _FOOTER.sub("", html)
    html = _ICON.sub("", html)
    html = _HOME.sub(r"\1", html)
    html = _SCRIPT.sub(lambda match: _script_tag(match[1], vendored), html)
    html = _STYLE.sub(lambda match: _style_tag(match[1], vendored), html)
    html = _MEDIA.sub("", html)
    html = _CSS_IMPORT.sub("", html)
    html = _CSS_URL.sub("none", html)
    return _NAVBAR.sub(rf"\g<1>{home}\g<2>Validation report", html)


def make_offline(docs_dir: Path) -> None:
    """Copy `vendored/` into `docs_dir` and rewrite every HTML page below it in place."""
    with as_file(files("expectations").joinpath("vendored")) as source:
        shutil.copytree(source, docs_dir / "vendored", dirs_exist_ok=True)
    for page in sorted(docs_dir.rglob("*.html")):
        html = page.read_text(encoding="utf-8")
        page.write_text(
            localise_page(html, _relative(docs_dir / "vendored", page), _relative(docs_dir / "index.html", page)),
            encoding="utf-8",
        )


def _relative(target: Path, page: Path) -> str:
    return Path(os.path.relpath(target, page.parent)).as_posix()


def _find_copy(address: str) -> str | None:
    return next((copy for pattern, copy in _COPIES if re.search(pattern, address)), None)


def _script_tag(address: str, vendored: str) -> str:
    copy = _find_copy(address)
    return f'<script src="{vendored}/{copy}"></script>' if copy else ""


def _style_tag(address: str, vendored: str) -> str:
    copy = _find_copy(address)
    return f'<link rel="stylesheet" href="{vendored}/{copy}">' if copy else ""
