"""The basic facts that a department states of itself in a table of keys and values (基本信息表).

Promise: every value stands under the keys printed in front of it; officers and telephone numbers stay in the raw tables.
"""

import re
from collections.abc import Iterator, Sequence

from transforms.grid import make_grid
from transforms.targets.headings import find_key
from transforms.targets.vocabulary import drop_personal, is_nothing
from transforms.text import normalise
from warehouse.records import RawCell, RawTable, Row

LONGEST_KEY = 30  # characters: a longer text is a value
SEPARATOR = "/"


def read_profile(tables: Sequence[RawTable]) -> tuple[Row, ...]:
    """Rows of `core_department_profile` without their document: the last text of each row, under the keys before it."""
    rows: list[Row] = []
    for table in tables:
        for path, cell in _iterate_values(table):
            row = {
                "entry_number": len(rows) + 1,
                "table_ordinal": table.ordinal,
                "entry_key": SEPARATOR.join(path),
                "entry_value": drop_personal(re.sub(r"\s+", "", cell.text)),
                "page": cell.page,
                "bbox": list(cell.bbox),
            }
            if row["entry_value"]:
                rows.append(row)
    return tuple(rows)


def _iterate_values(table: RawTable) -> Iterator[tuple[list[str], RawCell]]:
    """Each value with the keys in front of it. A row may hold several pairs; a blank key goes on from the row above."""
    grid = make_grid(table)
    above: dict[int, str] = {}
    for row in range(table.n_rows):
        cells = [cell for column, cell in enumerate(grid.rows[row]) if cell is not None and cell.column == column]
        texts = [(cell, normalise(cell.text)) for cell in cells]
        filled = [pair for pair in texts if not is_nothing(pair[1])]
        if not filled:
            continue
        _remember(above, texts)
        if any(_is_personal(text) for _, text in filled):
            yield from _pair_up(filled)
            continue
        value, keys = filled[-1][0], filled[:-1]
        if value.row != row or _is_open(value, texts):
            continue
        first = min((cell.column for cell, _ in keys), default=value.column)
        path = [text for column, text in sorted(above.items()) if column < first]
        path = [*path, *(text for _, text in keys)]
        if not any(_is_personal(key) for key in path):
            yield path, value


def _is_open(last: RawCell, texts: Sequence[tuple[RawCell, str]]) -> bool:
    """Whether a row's last text is a key whose value was left open: short words, and blank cells behind them."""
    is_key = len(normalise(last.text)) <= LONGEST_KEY and not re.search(r"\d", normalise(last.text))
    return is_key and any(cell.column > last.column for cell, _ in texts)


def _remember(above: dict[int, str], texts: Sequence[tuple[RawCell, str]]) -> None:
    """Keep the keys that blank cells below go on from; a new key ends all that stood to its right."""
    for cell, text in texts:
        if not is_nothing(text):
            for column in [column for column in above if column >= cell.column]:
                del above[column]
            if len(text) <= LONGEST_KEY and not re.fullmatch(r"[\d,.]+", text):
                above[cell.column] = text


def _is_personal(text: str) -> bool:
    found = find_key(text)
    return found is not None and found[0] == "personal"


def _pair_up(filled: Sequence[tuple[RawCell, str]]) -> Iterator[tuple[list[str], RawCell]]:
    """The pairs of a row that names officers, without these."""
    for (_, key), (cell, _value) in zip(filled[::2], filled[1::2], strict=False):
        if not _is_personal(key):
            yield [key], cell
