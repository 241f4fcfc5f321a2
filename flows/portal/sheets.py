"""Figures of the portal as files of comma-separated values, for a spreadsheet.

Promise: a text that a spreadsheet would run as a formula is kept a text, and Chinese opens as Chinese.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from transforms.portal.addresses import Language
from transforms.portal.published_table import Block, PublishedTable, RowPart
from transforms.portal.words import name_value, say


def write_sheet(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One file; amounts are plain numbers."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_disarm(value) for value in row] for row in rows)
    # A spreadsheet takes UTF-8 for something else without the mark.
    return target.getvalue().encode("utf-8-sig")


def _disarm(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def write_published(table: PublishedTable, language: Language) -> bytes:
    """A table as published, all of its rows, with its amounts in yuan."""
    columns = [words for block in table.blocks for words in _name_columns(block, len(table.blocks) > 1, language)]
    return write_sheet(
        columns, ([value for pair in zip(table.blocks, parts, strict=True) for value in _take(*pair)] for _, parts in table.rows)
    )


def _name_columns(block: Block, is_one_of_several: bool, language: Language) -> Iterator[str]:
    side = f"{name_value('direction', block.direction, language)} · " if is_one_of_several else ""
    if block.has_codes:
        yield f"{side}{say('code', language)}"
    yield f"{side}{say('row', language)}"
    for heading in block.headings:
        yield f"{side}{heading} ({say('yuan', language)})"


def _take(block: Block, part: RowPart | None) -> Iterator[Any]:
    if part is None:
        yield from [None] * block.width
        return
    if block.has_codes:
        yield " ".join(part.codes)
    yield " ".join((part.label, *part.extra))
    yield from (amount.yuan if amount else None for amount in part.amounts)
