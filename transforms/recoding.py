"""A row whose code stands at the wrong level: what the identities say when it is a child of another row.

Promise: the code is tried, not guessed: the identities of the whole document are evaluated again with the row elsewhere, and it
is only proposed where some failing check holds then and no other fails. A bounded number of rows is tried.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice

from transforms.explanations import Explanation, Line, RowKey, Sheet, name_code
from transforms.reconcile import Checks
from transforms.scales import Scale, Scales, lay_scales

CODES = ("function_code", "econ_department_code", "econ_government_code")
LEVELLED = frozenset({"level_sum", "grand_sum"})
MOST_TRIALS = 6  # a third of a second each
DEEPEST_PARENT = 5
COST = 0.7

Failure = tuple[str, tuple[str, ...], tuple[str, ...], int]


def propose_codes(scales: Scales, sheet: Sheet, evaluate: Callable[[Sequence[Line]], Checks] | None) -> Iterator[Explanation]:
    """Rows that mend failing sums as children of another row; none without `evaluate`."""
    if evaluate is None:
        return
    before = {_name_failure(scale): number for number, scale in scales.failing.items()}
    for key, changed in islice(_list_trials(scales, sheet), MOST_TRIALS):
        row = sheet.rows[key]
        column = _code_column(sheet, key)
        moved = {line: dict(sheet.lines[line]) | {column: changed} for line in row if sheet.lines[line][column]}
        after = lay_scales(evaluate([moved.get(line, content) for line, content in sheet.lines.items()]))
        failures = {_name_failure(scale) for scale in after.failing.values()}
        mended = frozenset(number for failure, number in before.items() if failure not in failures)
        if mended and failures <= set(before):
            held = tuple(line for line in moved if scales.fen.get(line)) or tuple(moved)
            words = f"as a child of {changed[:-2]} it mends every sum that it takes part in"
            yield Explanation("code-level", mended, held, words, COST, {})


def _name_failure(scale: Scale) -> Failure:
    return scale.identity, scale.left, scale.right, scale.difference


def _list_trials(scales: Scales, sheet: Sheet) -> Iterator[tuple[RowKey, str]]:
    """(row, another code for it), the most suspect first: rows whose code another row has as well."""
    sums = [scale for scale in scales.failing.values() if len(scale.tables) == 1 and scale.identity in LEVELLED]
    amounts = {(scale.tables[0], abs(scale.difference)) for scale in sums}
    tables = {scale.tables[0] for scale in sums}
    rows = [key for key in sheet.rows if key[0] in tables and _code_column(sheet, key)]
    codes: dict[tuple[str, str], int] = {}
    for key in rows:
        codes[key[0], _code_of(sheet, key)] = codes.get((key[0], _code_of(sheet, key)), 0) + 1
    suspects = []
    for key in rows:
        is_twice = codes[key[0], _code_of(sheet, key)] > 1
        if is_twice or any((key[0], scales.fen.get(line)) in amounts for line in sheet.rows[key]):
            # Of two rows with one code the lower one is more likely the child.
            suspects.append((not is_twice, key[0], -key[1]))
    for _, table, number in sorted(suspects):
        key = (table, -number)
        own = _code_of(sheet, key)
        place, column = rows.index(key), _code_column(sheet, key)
        before, after = (
            _code_of(sheet, other) if other and other[0] == table else ""
            for other in (rows[place - 1] if place else None, rows[place + 1] if place + 1 < len(rows) else None)
        )
        taken = {line[column] for line in sheet.lines.values() if line["table_id"] == table}
        # The rows below it may still carry its code in their own.
        exact = [after[:-2]] if len(after) > DEEPEST_PARENT - 2 and after[:-2] not in taken else []
        parents = [code for code in (own, before[:-2], before, after[:-2], after) if 3 <= len(code) <= DEEPEST_PARENT]
        codes_below = [_find_free_code(taken, parent) for parent in parents if parent != own[:-2]]
        yield from ((key, code) for code in dict.fromkeys([*exact, *codes_below]) if code)


def _code_column(sheet: Sheet, key: RowKey) -> str:
    """The column that holds the row's code; empty where it has none."""
    line = sheet.lines[sheet.rows[key][0]]
    return next((column for column in CODES if line[column]), "")


def _code_of(sheet: Sheet, key: RowKey) -> str:
    return name_code(sheet.lines[sheet.rows[key][0]])


def _find_free_code(taken: Collection[str | None], parent: str) -> str | None:
    """A code below the parent that no row of the table has."""
    return next((code for code in (f"{parent}{n:02d}" for n in range(99, 0, -1)) if code not in taken), None)
