"""What a disclosure is called.

Promise: a name says whose budget or final account it is wherever that is known; the name that somebody's computer gave a file is
none, since no reader knows what `2026_x_04d66f` is.
"""

from pathlib import PurePosixPath

from transforms.portal.words import name_value
from warehouse.records import Row


def name_disclosure(row: Row) -> str:
    """Its title, else its issuer, year and phase, else its id; in Chinese in both languages, as titles are."""
    title = row["title"]
    if title and not _is_file_name(title, row["url"]):
        return str(title)
    if row["department_name"] and row["fiscal_year"] and row["phase"]:
        scope = {"department": "部门", "unit": "单位"}.get(row["organisation_scope"], "")
        return f"{row['department_name']}{row['fiscal_year']}年{scope}{name_value('phase', row['phase'], 'zh')}"
    return str(title or row["department_name"] or row["document_id"])


def _is_file_name(title: str, url: str | None) -> bool:
    """Whether a title was taken from a file that is named with underscores, as programs name files."""
    return "_" in title and PurePosixPath(url or "").stem == title
