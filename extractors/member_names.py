"""What the name of a file inside a bundle says: whether it is a document, whose, and in what order pages stand.

Promise: pure. Publishers name the unit in the file's name or in its folder's; the bundle's own title says the rest.
"""

import re
from collections.abc import Iterable

from extractors.bundles import BundleMember
from extractors.platforms.reading import name_part
from extractors.titles import TitleFacts, TitleRules
from warehouse.archive import detect_file_kind

_DOCUMENT_KINDS = frozenset({"pdf", "word", "workbook", "image", "html", "archive"})
# Programs of WPS and the Chinese layout format write kinds that no magic bytes of ours know.
_DOCUMENT_ENDING = re.compile(r"\.(wps|et|ofd)$", re.IGNORECASE)
_ENDING = re.compile(r"(\.[A-Za-z0-9]{2,4})+$")


def is_document_kind(member: BundleMember) -> bool:
    """True for what may be a document by its bytes, or by its name where bytes do not tell."""
    return detect_file_kind(member.content) in _DOCUMENT_KINDS or bool(_DOCUMENT_ENDING.search(member.name))


def name_member(path: str, heading: str, rules: TitleRules) -> tuple[str, TitleFacts] | None:
    """Title and facts of the file at this path in a bundle with the title `heading`; None where a name excludes it."""
    *folders, name = [_ENDING.sub("", part) for part in path.split("/") if part] or [""]
    if any(rules.is_excluded(folder) for folder in folders):
        return None
    if not rules.is_organisation(name):
        office = next((folder for folder in reversed(folders) if rules.is_organisation(folder)), "")
        name = f"{office} {name}".strip()
    return name_part(name, heading, rules)


def sort_pages(members: Iterable[BundleMember]) -> list[BundleMember]:
    """Page images in the order of the numbers in their names: 2.jpg stands before 10.jpg."""
    return sorted(
        members,
        key=lambda member: [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in _split(member.name)],
    )


def _split(name: str) -> list[str]:
    return [part for part in re.split(r"([0-9]+)", name) if part]
