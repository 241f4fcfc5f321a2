"""Small causes that would explain failing checks: a cell, two cells exchanged, a shifted run, a row, a level, a table's unit.

Promise: a cause is only proposed where it brings failing checks inside their own envelopes and breaks none that holds. Each
function proposes one kind of cause; which of them is believed is decided in `transforms.diagnose`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from transforms.cell_changes import describe_change, print_in_unit
from transforms.scales import Changes, Scale, Scales

Line = Mapping[str, Any]
RowKey = tuple[str, int]
Vector = dict[int, int]

CELL_KINDS = frozenset({"cell-digit", "cell-sign", "cell-point", "cell-value"})
UNIT_SLIPS = {10_000: "10,000", 100_000_000: "100,000,000"}
SUMS = frozenset(
    {
        "level_sum",
        "grand_sum",
        "t1_revenue",
        "t1_expenditure",
        "t4_revenue",
        "t4_expenditure",
        "t6_split",
        "t7_sum",
        "t7_vehicles",
    }
)
MOST_CELLS = 400  # cells of failing checks that are tried one by one
LONGEST_RUN = 60
# A publisher's own rounding goes at most this many times over the envelope: every amount cut instead of rounded.
ROUNDING_EXCESS = 2
ROUNDED_CHECKS = 5


@dataclass(frozen=True)
class Explanation:
    """One possible cause: the checks it mends, the lines it accuses (the first is where a person should look), and the value
    that each of them would have, in fen. `cost` is what it takes to believe it, in checks; `beside` names lines that bear it out:
    the twin of a doubled row, the totals that leave a row out."""

    kind: str
    mended: frozenset[int]
    lines: tuple[str, ...]
    words: str
    cost: float
    fitting: Mapping[str, int]
    soft: int = 0
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The lines of a document by id, by printed row and by printed column."""

    lines: Mapping[str, Line]

    @cached_property
    def rows(self) -> dict[RowKey, list[str]]:
        """Line ids of each printed row, left to right."""
        found: dict[RowKey, list[str]] = defaultdict(list)
        for line in sorted(self.lines.values(), key=lambda line: (line["table_id"], line["line_number"], line["column_number"])):
            found[line["table_id"], line["line_number"]].append(line["line_id"])
        return found

    @cached_property
    def columns(self) -> dict[RowKey, list[str]]:
        """Line ids of each printed column, top to bottom."""
        found: dict[RowKey, list[str]] = defaultdict(list)
        for line in sorted(self.lines.values(), key=lambda line: (line["table_id"], line["column_number"], line["line_number"])):
            found[line["table_id"], line["column_number"]].append(line["line_id"])
        return found

    def row_of(self, line_id: str) -> RowKey:
        """Table and printed row of a line."""
        return self.lines[line_id]["table_id"], self.lines[line_id]["line_number"]

    def column_of(self, line_id: str) -> RowKey:
        """Table and printed column of a line."""
        return self.lines[line_id]["table_id"], self.lines[line_id]["column_number"]


def propose_all(scales: Scales, sheet: Sheet) -> list[Explanation]:
    """Every cause that mends at least one failing check and breaks none."""
    suspects = list_suspects(scales, sheet)
    return [
        *propose_cells(scales, sheet, suspects),
        *propose_units(scales, sheet),
        *propose_swaps(scales, sheet, suspects),
        *propose_shifts(scales, sheet, suspects),
        *propose_missing_rows(scales, sheet),
        *propose_extra_rows(scales, sheet, suspects),
        *propose_rounding(scales),
    ]


def list_suspects(scales: Scales, sheet: Sheet) -> list[str]:
    """Lines of failing checks, those first in which most of them meet."""
    counts: dict[str, int] = defaultdict(int)
    for scale in scales.failing.values():
        for line in scale.weights:
            counts[line] += line in sheet.lines
    return sorted((line for line in counts if counts[line]), key=lambda line: (-counts[line], line))[:MOST_CELLS]


def propose_cells(scales: Scales, sheet: Sheet, suspects: Sequence[str]) -> Iterator[Explanation]:
    """One cell with another value."""
    rounds = count_rounded(scales) >= ROUNDED_CHECKS
    for line in suspects:
        best: Explanation | None = None
        for delta in _list_fitting_changes(scales, line):
            found = _explain_cell(scales, sheet, line, delta, rounds)
            if found is not None and (best is None or _rank(found) > _rank(best)):
                best = found
        if best is not None:
            yield best


def _rank(found: Explanation) -> tuple[float, int]:
    return (len(found.mended) - found.cost, found.soft)


def _list_fitting_changes(scales: Scales, line: str, changes: Changes | None = None) -> list[int]:
    """What to add to the amount so that one of the failing checks holds exactly (kept to the amount's last printed digit)."""
    deltas: dict[int, None] = {}
    grain = scales.grain[line]
    for scale in scales.of_line.get(line, ()):
        shift = sum(scale.weights.get(other, 0) * delta for other, delta in (changes or {}).items())
        weight = scale.weights[line]
        if not scale.fails or not weight or (scale.difference + shift) % weight:
            continue
        delta = -(scale.difference + shift) // weight
        deltas[delta] = None
        # Where both sides were rounded the exact mend is a few last digits beside the printed value.
        if scale.grains > 2 * grain:
            deltas.update(dict.fromkeys((delta - grain, delta + grain)))
    return [delta for delta in deltas if delta]


def _explain_cell(scales: Scales, sheet: Sheet, line: str, delta: int, rounds: bool) -> Explanation | None:
    weighing = scales.weigh({line: delta})
    if not weighing.mended or weighing.broken:
        return None
    fitting, printed = scales.fen[line] + delta, sheet.lines[line]
    change = describe_change(printed["amount_cny"], Decimal(fitting).scaleb(-2), printed["unit_reported"])
    if rounds and all(_is_nearly_rounded(scales.by_number[number]) for number in weighing.mended):
        words = "a few last digits over what independent rounding allows, in a document that rounds"
        return Explanation("publisher-rounding", weighing.mended, (line,), words, 0.2, {line: fitting}, weighing.soft)
    cost = 0.5 if change.kind == "cell-value" else 0.0
    return Explanation(change.kind, weighing.mended, (line,), change.words, cost, {line: fitting}, weighing.soft)


def propose_units(scales: Scales, sheet: Sheet) -> Iterator[Explanation]:
    """One table in another unit: the checks between it and the others fail by one and the same factor."""
    across = [scale for scale in scales.by_number.values() if len(scale.tables) > 1 and not scale.is_soft]
    tables = {table for scale in across if scale.fails for table in scale.tables}
    for table in sorted(tables):
        for factor, name in UNIT_SLIPS.items():
            for multiply in (True, False):
                mended = _mend_unit(scales, sheet, [scale for scale in across if table in scale.tables], table, factor, multiply)
                if mended:
                    lines = tuple(line for line in sheet.lines if sheet.lines[line]["table_id"] == table and scales.fen.get(line))
                    words = f"all its amounts are {'too small' if multiply else 'too large'} by a factor of {name}"
                    first = lines[0]
                    value = scales.fen[first] * factor if multiply else scales.fen[first] // factor
                    yield Explanation("unit-slip", mended, lines, words, 0.75, {first: value})


def _mend_unit(scales: Scales, sheet: Sheet, across: Sequence[Scale], table: str, factor: int, multiply: bool) -> frozenset[int]:
    """The failing checks that hold in the other unit; nothing where a check that says something speaks against it."""
    mended = set()
    for scale in across:
        own = [line for line in scale.weights if sheet.lines[line]["table_id"] == table]
        part = sum(scale.weights[line] * scales.fen[line] for line in own)
        rest, grain = scale.difference - part, sum(scales.grain[line] for line in own if scales.fen[line])
        other = max(scale.grains - grain, 0)
        # Compared in the smaller unit, so that no digit is lost.
        moved, limit = (
            (rest + part * factor, other + grain * factor) if multiply else (rest * factor + part, other * factor + grain)
        )
        holds = 2 * (moved if scale.is_bound else abs(moved)) <= limit
        if scale.fails and holds:
            mended.add(scale.number)
        elif not scale.fails and not holds:
            return frozenset()
    return frozenset(mended)


def propose_swaps(scales: Scales, sheet: Sheet, suspects: Sequence[str]) -> Iterator[Explanation]:
    """Two neighbours that stand in each other's place."""
    seen: set[frozenset[str]] = set()
    for line in suspects:
        for run in (sheet.rows[sheet.row_of(line)], sheet.columns[sheet.column_of(line)]):
            place = run.index(line)
            for other in run[max(place - 1, 0) : place + 2]:
                pair = frozenset((line, other))
                if other == line or pair in seen:
                    continue
                seen.add(pair)
                yield from _propose_order(
                    scales, (line, other), (other, line), "neighbours-swapped", "the two have changed places"
                )


def _propose_order(
    scales: Scales, cells: Sequence[str], sources: Sequence[str], kind: str, words: str, free: str | None = None
) -> Iterator[Explanation]:
    """Each of `cells` takes the amount that stands in its source; `free` takes whatever fits."""
    if not all(line in scales.fen for line in (*cells, *sources)):
        return
    fitting = {cell: scales.fen[source] for cell, source in zip(cells, sources, strict=True)}
    changes = {cell: value - scales.fen[cell] for cell, value in fitting.items() if value != scales.fen[cell]}
    if len(changes) < 2:
        return
    for delta in _list_fitting_changes(scales, free, changes) or [0] if free else [0]:
        tried = changes | ({free: delta} if free else {})
        weighing = scales.weigh(tried)
        if len(weighing.mended) > 1 and not weighing.broken:
            lines = tuple(line for line in tried if tried[line])
            values = {line: scales.fen[line] + tried[line] for line in lines}
            cost = 0.5 if kind == "neighbours-swapped" else 0.6 + 0.4 * bool(free)
            yield Explanation(kind, weighing.mended, lines, words, cost, values, weighing.soft)
            return


def propose_shifts(scales: Scales, sheet: Sheet, suspects: Sequence[str]) -> Iterator[Explanation]:
    """A run of cells that all stand one place beside their own."""
    accused = set(suspects)
    rows = {sheet.row_of(line) for line in suspects}
    for key in sorted(rows):
        run = sheet.rows[key]
        for start in range(len(run)):
            for end in range(start + 2, len(run)):
                yield from _propose_shift(scales, run[start : end + 1], "column")
    for key in sorted({sheet.column_of(line) for line in suspects}):
        run = sheet.columns[key]
        failing = [place for place, line in enumerate(run) if line in accused and _fails_in_row(scales, sheet, line)]
        if len(failing) < 2 or failing[-1] - failing[0] > LONGEST_RUN:
            continue
        for start in range(max(failing[0] - 1, 0), failing[0] + 2):
            for end in range(failing[-1] - 1, min(failing[-1] + 1, len(run) - 1) + 1):
                if end - start >= 2:
                    yield from _propose_shift(scales, run[start : end + 1], "row")


def _fails_in_row(scales: Scales, sheet: Sheet, line: str) -> bool:
    row = sheet.row_of(line)
    return any(
        scale.fails and all(other in sheet.lines and sheet.row_of(other) == row for other in scale.weights)
        for scale in scales.of_line.get(line, ())
    )


def _propose_shift(scales: Scales, run: Sequence[str], step: str) -> Iterator[Explanation]:
    for back in (True, False):
        sources = [*run[1:], run[0]] if back else [run[-1], *run[:-1]]
        free = run[-1] if back else run[0]
        where = {("column", True): "right", ("column", False): "left", ("row", True): "down", ("row", False): "up"}[step, back]
        words = f"{len(run)} amounts stand one {step} too far {where}"
        # A blank that the shift pushed to the other end goes back; or the amount that was pushed out is no longer there.
        yield from _propose_order(scales, run, sources, "column-shifted", words)
        kept = [(cell, source) for cell, source in zip(run, sources, strict=True) if cell != free]
        yield from _propose_order(
            scales, [cell for cell, _ in kept], [source for _, source in kept], "column-shifted", words, free
        )


def propose_missing_rows(scales: Scales, sheet: Sheet) -> Iterator[Explanation]:
    """A row that is not there: the sums above it exceed their parts in every column by what the row would hold."""
    for table, sums in _group_sums(scales, sheet).items():
        for vector in _list_vectors(sums, sheet):
            mended = [scale for scale in sums if _lacks(scale, sheet, vector)]
            heads = {line for scale in mended for line in scale.left}
            named = _name_row(scales, sheet, table, vector)
            if not _is_consistent(scales, sheet, mended, vector) or not (len(vector) > 1 or len(mended) > 1 or named):
                continue
            found = _find_moved_row(scales, sheet, table, vector)
            if (found and _find_surplus(sums, sheet, found, scales)) or _leaves_hold(scales, sheet, mended):
                continue
            numbers = frozenset(scale.number for scale in mended)
            unit = sheet.lines[mended[0].left[0]]["unit_reported"]
            amounts = ", ".join(print_in_unit(Decimal(value).scaleb(-2), unit) for value in dict.fromkeys(vector.values()))
            words = f"the parts lack a row of {amounts} {unit}{named}"
            yield Explanation("row-missing", numbers, tuple(sorted(heads)), words, 0.4 if named else 0.8, {})


def _group_sums(scales: Scales, sheet: Sheet) -> dict[str, list[Scale]]:
    """The failing sums of one table by table: their left side is one line, their parts stand below or beside it."""
    found: dict[str, list[Scale]] = defaultdict(list)
    for scale in scales.failing.values():
        if scale.identity in SUMS and len(scale.tables) == 1 and len(scale.left) == 1 and scale.left[0] in sheet.lines:
            found[scale.tables[0]].append(scale)
    return found


def _list_vectors(sums: Sequence[Scale], sheet: Sheet) -> list[Vector]:
    """What each sum's row lacks, by column."""
    by_row: dict[tuple[RowKey, bool], Vector] = defaultdict(dict)
    for scale in sums:
        if scale.difference > 0:
            key = (sheet.row_of(scale.left[0]), "leaves" in scale.subject)
            by_row[key].setdefault(sheet.column_of(scale.left[0])[1], scale.difference)
    return list({tuple(sorted(vector.items())): vector for vector in by_row.values()}.values())


def _lacks(scale: Scale, sheet: Sheet, vector: Vector) -> bool:
    lacking = vector.get(sheet.column_of(scale.left[0])[1])
    return lacking is not None and scale.holds_with(-lacking)


def _is_consistent(scales: Scales, sheet: Sheet, mended: Sequence[Scale], vector: Vector) -> bool:
    """Whether the missing amounts add up among themselves as those of the row above do."""
    for head in {sheet.row_of(scale.left[0]) for scale in mended}:
        cells = {line: vector.get(sheet.column_of(line)[1], 0) for line in sheet.rows[head]}
        for scale in {s.number: s for line in cells for s in scales.of_line.get(line, ())}.values():
            if scale.identity == "row_sum" and not scale.fails and not scale.is_soft:
                shift = sum(weight * cells.get(line, 0) for line, weight in scale.weights.items())
                if 2 * abs(shift) > 2 * scale.grains:
                    return False
    return True


def _leaves_hold(scales: Scales, sheet: Sheet, mended: Sequence[Scale]) -> bool:
    """Whether the total of a column agrees with its leaves, so that none of them can be missing."""
    columns = {sheet.column_of(scale.left[0]) for scale in mended}
    return any(
        scale.identity == "grand_sum"
        and "leaves" in scale.subject
        and not scale.fails
        and not scale.is_soft
        and scale.left
        and scale.left[0] in sheet.lines
        and sheet.column_of(scale.left[0]) in columns
        for scale in scales.by_number.values()
    )


def _find_moved_row(scales: Scales, sheet: Sheet, table: str, vector: Vector) -> list[str] | None:
    """The lines of a row of the table that holds exactly these amounts."""
    for (owner, _), lines in sheet.rows.items():
        held = {sheet.column_of(line)[1]: line for line in lines if scales.fen.get(line)}
        if owner == table and all(column in held and scales.fen[held[column]] == value for column, value in vector.items()):
            return list(held.values())
    return None


def _find_surplus(sums: Sequence[Scale], sheet: Sheet, row: Sequence[str], scales: Scales) -> list[Scale]:
    """The failing sums that hold once the row's amounts are taken out of them."""
    return [scale for scale in sums if any(line in scale.right and scale.holds_with(scales.fen[line]) for line in row)]


def _name_row(scales: Scales, sheet: Sheet, table: str, vector: Vector) -> str:
    """Where a row with exactly these amounts is printed elsewhere in the document, under a code that the table lacks."""
    wanted = set(vector.values())
    own = {name_code(line) for line in sheet.lines.values() if line["table_id"] == table}
    for (other, _), lines in sheet.rows.items():
        first = sheet.lines[lines[0]]
        if other != table and wanted <= {scales.fen.get(line, 0) for line in lines} and name_code(first) not in {"", *own}:
            return f"; {name_line(first)} on page {first['page']} holds just that"
    return ""


def propose_extra_rows(scales: Scales, sheet: Sheet, suspects: Sequence[str]) -> Iterator[Explanation]:
    """A row that is there twice, or that the sums above it leave out, together with the rows below it."""
    for key in sorted({sheet.row_of(line) for line in suspects}):
        held = [line for line in sheet.rows[key] if scales.fen.get(line)]
        if not held:
            continue
        twin = _find_twin(scales, sheet, key)
        weighing = scales.weigh({line: -scales.fen[line] for line in held})
        if twin and weighing.mended and not weighing.broken:
            words = f"row {sheet.lines[twin]['line_number']} of the same table holds the same"
            yield Explanation("row-doubled", weighing.mended, tuple(held), words, 0.4, {}, beside=(twin,))
            continue
        family = [*held, *_list_below(scales, sheet, key)]
        surplus, broken = _take_out(scales, family)
        # What other tables say of the row speaks for the row, not against its having been left out.
        if len(surplus) > 1 and not any(len(scales.by_number[number].tables) == 1 for number in broken):
            totals = tuple(dict.fromkeys(line for number in sorted(surplus) for line in scales.by_number[number].left))
            words = "the sums above it leave it out"
            yield Explanation("row-missing", surplus, tuple(held), words, 0.8, {}, beside=totals)


def _take_out(scales: Scales, lines: Sequence[str]) -> tuple[frozenset[int], frozenset[int]]:
    """The failing sums over these lines that hold without them, and the checks that then fail."""
    weighing = scales.weigh({line: -scales.fen[line] for line in lines})
    own = set(lines)
    return frozenset(n for n in weighing.mended if own & set(scales.by_number[n].right)), weighing.broken


def _list_below(scales: Scales, sheet: Sheet, key: RowKey) -> list[str]:
    """The amounts of the rows whose codes begin with the row's code."""
    code = name_code(sheet.lines[sheet.rows[key][0]])
    if not code:
        return []
    return [
        line
        for (table, _), row in sheet.rows.items()
        if table == key[0] and len(name_code(sheet.lines[row[0]])) > len(code) and name_code(sheet.lines[row[0]]).startswith(code)
        for line in row
        if scales.fen.get(line)
    ]


def _find_twin(scales: Scales, sheet: Sheet, key: RowKey) -> str | None:
    """The first line of another row of the table with the same amounts and the same code or label."""
    table, number = key
    own = sheet.lines[sheet.rows[key][0]]
    amounts = [scales.fen.get(line, 0) for line in sheet.rows[key]]
    for (owner, other), lines in sheet.rows.items():
        if owner != table or other == number or amounts != [scales.fen.get(line, 0) for line in lines]:
            continue
        first = sheet.lines[lines[0]]
        if first["line_label"] == own["line_label"]:
            return lines[0]
    return None


def propose_rounding(scales: Scales) -> Iterator[Explanation]:
    """A sum a little over its envelope, in a document that rounds."""
    rounded = count_rounded(scales)
    if rounded < ROUNDED_CHECKS:
        return
    for scale in scales.failing.values():
        if _is_nearly_rounded(scale):
            words = f"a few last digits over what independent rounding allows, as {rounded} other checks are within it"
            yield Explanation("publisher-rounding", frozenset((scale.number,)), scale.left[:1], words, 0.2, {})


def count_rounded(scales: Scales) -> int:
    """How many checks of the document hold by rounding alone."""
    return sum(scale.is_rounding for scale in scales.by_number.values())


def _is_nearly_rounded(scale: Scale) -> bool:
    return 0 < 2 * abs(scale.difference) <= ROUNDING_EXCESS * scale.grains


def name_line(line: Line) -> str:
    """Table, row and column of a line, in words: general_budget_expenditure, 20502 普通教育, all/basic."""
    code = name_code(line)
    instance = f"#{line['table_instance']}" if line["table_instance"] > 1 else ""
    row = " ".join(part for part in (code, line["line_label"]) if part) or f"row {line['line_number']}"
    return f"{line['table_type']}{instance}, {row}, {line['fund_type']}/{line['expenditure_kind']}"


def name_code(line: Line) -> str:
    """The code of a line, of whatever classification; empty where it has none."""
    return line["function_code"] or line["econ_department_code"] or line["econ_government_code"] or ""
