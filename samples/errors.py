"""One error put into a disclosure that was read without any: what a publisher misprints, or what a reader misreads.

Promise: exactly one cause, with its truth beside it; the same random numbers give the same error. The error is put into the cells
after they were read, so that a document is drawn and read once for many errors. A misprint stands in every reading of the cell; a
misreading stands only in the text that was taken, and the other readings keep the truth.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Literal

from transforms.amounts import UNIT_FACTORS, parse_amount
from transforms.budget_lines import make_table_id
from transforms.text import normalise
from warehouse.records import Box, RawCell, RawDocument, RawTable, Row

Whose = Literal["publisher", "extraction"]
MISPRINTED: Whose = "publisher"
MISREAD: Whose = "extraction"
FEWEST_SHIFTED, MOST_SHIFTED = 4, 9
SLIP = Decimal(10_000)
LEVELS = {5: 3, 7: 5}
# Of one table a unit slip is a slip only where the table has something to be compared with.
FEWEST_OF_TABLE = 5


class NoPlaceError(LookupError):
    """The document has no place for an error of this kind."""


@dataclass(frozen=True, slots=True)
class Harm:
    """A document with one error. `boxes`: (page, box) of every harmed cell; none where a whole table is harmed.

    `true_yuan`: what the one harmed amount should be, None where several are harmed. `provable`: whether an accounting identity
    holds with one of the harmed amounts in the sound document.
    """

    kind: str
    whose: Whose
    document: RawDocument
    table_id: str
    boxes: frozenset[tuple[int, Box]]
    true_yuan: Decimal | None
    provable: bool
    told: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A document as it was read, and what it means: rows of `core_budget_lines` and `core_checks`.

    `tables`: the raw tables by table_id. `cells`: the cell that each line was read from, by line_id.
    """

    raw: RawDocument
    lines: Sequence[Row]
    checks: Sequence[Row]
    tables: Mapping[str, RawTable]
    cells: Mapping[str, RawCell]

    @property
    def amounts(self) -> list[Row]:
        """The lines that print a number other than 0."""
        return [line for line in self.lines if line["amount_state"] == "number"]

    def cell_of(self, line: Row) -> RawCell:
        """The cell that a line was read from. Raises KeyError where there is none."""
        return self.cells[line["line_id"]]


def make_sound(raw: RawDocument, lines: Sequence[Row], checks: Sequence[Row]) -> Sound:
    """A document that errors can be put into. Raises KeyError where a line stands in no cell."""
    tables = {make_table_id(raw.document_id, table.ordinal): table for table in raw.tables}
    places = {(id_, cell.page, _to_box(cell.bbox)): cell for id_, table in tables.items() for cell in table.cells}
    cells = {line["line_id"]: places[line["table_id"], *locate(line)] for line in lines}
    return Sound(raw, lines, checks, tables, cells)


def _to_box(values: Sequence[float]) -> Box:
    x0, top, x1, bottom = (round(float(value), 2) for value in values)
    return (x0, top, x1, bottom)


def locate(line: Row) -> tuple[int, Box]:
    """Page and box of a line or a finding, rounded so that they can be compared."""
    return int(line["page"]), _to_box(line["bbox"])


# --- one amount -------------------------------------------------------------------------------------------------------------


def misprint_digit(sound: Sound, random: Random) -> Harm:
    """Another digit somewhere in an amount."""
    return _misprint(sound, random, "cell-digit", sound.amounts, _change_digit)


def misprint_sign(sound: Sound, random: Random) -> Harm:
    """A minus that does not belong there."""
    return _misprint(sound, random, "cell-sign", sound.amounts, lambda text, _: text[1:] if text.startswith("-") else f"-{text}")


def misprint_point(sound: Sound, random: Random) -> Harm:
    """The decimal point one to three places off."""
    return _misprint(sound, random, "cell-point", sound.amounts, _move_point)


def misprint_total(sound: Sound, random: Random) -> Harm:
    """A total that is another number altogether: a publisher's error in adding up."""
    totals = [line for line in sound.amounts if line["row_kind"] in {"total", "subtotal"}]
    return _misprint(sound, random, "cell-value", totals, _change_value)


def misread_digit(sound: Sound, random: Random) -> Harm:
    """One reader takes a digit for another."""
    return _misprint(sound, random, "cell-digit", sound.amounts, _change_digit, MISREAD)


def misread_point(sound: Sound, random: Random) -> Harm:
    """One reader loses the decimal point, or finds it elsewhere."""
    return _misprint(sound, random, "cell-point", sound.amounts, _move_point, MISREAD)


def misread_neighbour(sound: Sound, random: Random) -> Harm:
    """One reader takes the text of another cell of the table for this one's."""
    texts = defaultdict(list)
    for line in sound.amounts:
        texts[line["table_id"]].append(str(line["amount_reported"]))
    pool = [text for several in texts.values() for text in several]
    return _misprint(sound, random, "cell-value", sound.amounts, lambda _, random: random.choice(pool), MISREAD)


def exceed_rounding(sound: Sound, random: Random) -> Harm:
    """A total off by a last digit or two more than rounding can explain."""
    sums = [
        (line, check)
        for check in sound.checks
        if check["outcome"] == "exact" and len(check["left_line_ids"]) == 1 and len(check["right_line_ids"]) > 1
        for line in sound.amounts
        if line["line_id"] == check["left_line_ids"][0] and line["row_kind"] in {"total", "subtotal"}
    ]
    if not sums:
        raise NoPlaceError("publisher-rounding")
    line, check = random.choice(sums)

    def add_digits(text: str, random: Random) -> str:
        amount = parse_amount(text)
        if amount is None or amount.value is None:
            raise NoPlaceError(text)
        grain = Decimal(1).scaleb(-amount.decimals)
        least = Decimal(check["envelope_cny"]) / UNIT_FACTORS[str(line["unit_reported"])]
        steps = int(least / grain) + random.choice([1, 2])
        return write_amount(amount.value + random.choice([1, -1]) * steps * grain, text)

    return _misprint(sound, random, "publisher-rounding", [line], add_digits)


def _misprint(
    sound: Sound,
    random: Random,
    kind: str,
    among: Sequence[Row],
    change: Callable[[str, Random], str],
    whose: Whose = MISPRINTED,
) -> Harm:
    if not among:
        raise NoPlaceError(kind)
    line = random.choice(among)
    cell = sound.cell_of(line)
    text = change(normalise(cell.text), random)
    old, new = parse_amount(cell.text), parse_amount(text)
    if old is None or new is None or old.value == new.value:
        raise NoPlaceError(f"{cell.text!r} -> {text!r}")
    changed = replace(cell, text=text)
    if whose == MISREAD:
        third = cell.text if random.random() < 0.5 else None
        changed = replace(changed, agreed=False, other_text=cell.text, third_text=third)
    told = f"{line['table_type']} {line['line_label']} {normalise(cell.text)} -> {text}"
    return _make_harm(sound, kind, whose, [line], _replace_cells(sound, line["table_id"], {cell: changed}), told)


def _change_digit(text: str, random: Random) -> str:
    position = random.choice([i for i, character in enumerate(text) if character.isdigit()])
    # A number does not begin with 0.
    low = 1 if position == 0 or not text[:position].strip("-(") else 0
    digit = random.choice([d for d in range(low, 10) if str(d) != text[position]])
    return text[:position] + str(digit) + text[position + 1 :]


def _move_point(text: str, random: Random) -> str:
    amount = parse_amount(text)
    if amount is None or amount.value is None:
        raise NoPlaceError(text)
    return write_amount(amount.value.scaleb(random.choice([1, 2, 3])), text)


def _change_value(text: str, random: Random) -> str:
    amount = parse_amount(text)
    if amount is None or amount.value is None:
        raise NoPlaceError(text)
    return write_amount(amount.value * random.randint(3, 197) / 100, text)


def write_amount(value: Decimal, like: str) -> str:
    """A number with as many decimals as a printed one, and separators where that one has some."""
    printed = parse_amount(like)
    decimals = printed.decimals if printed else 2
    return f"{value:,.{decimals}f}" if "," in like or printed is None else f"{value:.{decimals}f}"


# --- several amounts --------------------------------------------------------------------------------------------------------


def swap_neighbours(sound: Sound, random: Random) -> Harm:
    """Two amounts side by side in a row, or one under the other, have changed places."""
    by_place = _by_place(sound)
    pairs = [
        (line, by_place[other])
        for (table, row, column), line in by_place.items()
        for other in ((table, row, column + 1), (table, row + 1, column))
        if other in by_place and by_place[other]["amount_cny"] != line["amount_cny"]
    ]
    if not pairs:
        raise NoPlaceError("neighbours-swapped")
    first, second = random.choice(pairs)
    one, two = sound.cell_of(first), sound.cell_of(second)
    changes = {one: replace(one, text=two.text), two: replace(two, text=one.text)}
    told = f"{first['table_type']} {first['line_label']} {one.text} <-> {second['line_label']} {two.text}"
    raw = _replace_cells(sound, first["table_id"], changes)
    return _make_harm(sound, "neighbours-swapped", MISPRINTED, [first, second], raw, told)


def shift_column(sound: Sound, random: Random) -> Harm:
    """A run of amounts of a column stands one row too low; its last one is lost, its first place is blank."""
    runs = [run for run in _find_runs(sound) if len(run) >= FEWEST_SHIFTED]
    if not runs:
        raise NoPlaceError("column-shifted")
    run = random.choice(runs)
    length = random.randint(FEWEST_SHIFTED, min(len(run), MOST_SHIFTED))
    start = random.randint(0, len(run) - length)
    lines = run[start : start + length]
    cells = [sound.cell_of(line) for line in lines]
    texts = ["", *(cell.text for cell in cells[:-1])]
    changes = {cell: replace(cell, text=text) for cell, text in zip(cells, texts, strict=True)}
    told = f"{lines[0]['table_type']} {lines[0]['line_label']} and {length - 1} more, a row down"
    raw = _replace_cells(sound, lines[0]["table_id"], changes)
    return _make_harm(sound, "column-shifted", MISPRINTED, lines, raw, told)


def slip_unit(sound: Sound, random: Random) -> Harm:
    """All amounts of a table in the other unit (yuan or 10,000 yuan), while its note of the unit stays."""
    by_table: dict[str, list[Row]] = defaultdict(list)
    for line in sound.amounts:
        by_table[line["table_id"]].append(line)
    tables = [lines for lines in by_table.values() if len(lines) >= FEWEST_OF_TABLE]
    if not tables:
        raise NoPlaceError("unit-slip")
    lines = random.choice(tables)
    factor = SLIP if lines[0]["unit_reported"] == "万元" else 1 / SLIP
    changes = {}
    for line in lines:
        cell = sound.cell_of(line)
        amount = parse_amount(cell.text)
        if amount is None or amount.value is None:
            raise NoPlaceError(cell.text)
        value = amount.value * factor
        changes[cell] = replace(cell, text=f"{value:,.2f}" if factor > 1 else f"{value:,.6f}")
    told = f"{lines[0]['table_type']}: all amounts times {factor.normalize():f}"
    return _make_harm(sound, "unit-slip", MISPRINTED, lines, _replace_cells(sound, lines[0]["table_id"], changes), told)


def drop_row(sound: Sound, random: Random) -> Harm:
    """A row of items is not there."""
    return _change_rows(sound, random, "row-missing", -1)


def double_row(sound: Sound, random: Random) -> Harm:
    """A row of items is there twice."""
    return _change_rows(sound, random, "row-doubled", 1)


def _change_rows(sound: Sound, random: Random, kind: str, step: int) -> Harm:
    rows: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for (table_id, row, _), line in _by_place(sound).items():
        rows[table_id, row].append(line)
    whole = [
        place
        for place, lines in rows.items()
        if all(line["row_kind"] == "item" for line in lines) and _is_apart(sound.tables[place[0]], place[1])
    ]
    if not whole:
        raise NoPlaceError(kind)
    table_id, row = random.choice(whole)
    table = sound.tables[table_id]
    kept = [cell for cell in table.cells if step > 0 or cell.row != row]
    moved = [replace(cell, row=cell.row + step) if cell.row > row else cell for cell in kept]
    # Printed twice means at another place: a box read twice would be the reader's doing.
    again = [replace(cell, row=row + 1, bbox=_lower(cell.bbox)) for cell in table.cells if cell.row == row] if step > 0 else []
    pages = tuple((page, first + step if first > row else first) for page, first in table.rows_of_page)
    cells = tuple(sorted([*moved, *again], key=lambda cell: (cell.row, cell.column)))
    changed = replace(table, cells=cells, n_rows=table.n_rows + step, rows_of_page=pages)
    lines = rows[table_id, row]
    told = f"{lines[0]['table_type']} {lines[0]['line_label']}"
    # No amount is wrong: the row is there too often, or not at all.
    return replace(_make_harm(sound, kind, MISPRINTED, lines, _replace_table(sound, changed), told), true_yuan=None)


def _lower(box: Box) -> Box:
    """The box half its height further down."""
    step = (box[3] - box[1]) / 2
    return (box[0], box[1] + step, box[2], box[3] + step)


def _is_apart(table: RawTable, row: int) -> bool:
    """Whether no cell of the table reaches into the row or out of it."""
    return not any(cell.row_span > 1 and cell.row <= row < cell.row + cell.row_span for cell in table.cells)


def demote_code(sound: Sound, random: Random) -> Harm:
    """A code that lost its last two digits, and so stands a level too high."""
    places = []
    for line in sound.amounts:
        code = line["function_code"] or line["econ_department_code"]
        if line["code_source"] != "printed" or len(code or "") not in LEVELS:
            continue
        row = sound.cell_of(line).row
        cells = sound.tables[line["table_id"]].cells
        places += [(line, cell, code) for cell in cells if cell.row == row and normalise(cell.text) == code]
    if not places:
        raise NoPlaceError("code-level")
    line, cell, code = random.choice(places)
    shorter = code[: LEVELS[len(code)]]
    others = [other for other in sound.amounts if sound.cell_of(other).row == cell.row and other["table_id"] == line["table_id"]]
    told = f"{line['table_type']} {line['line_label']} {code} -> {shorter}"
    raw = _replace_cells(sound, line["table_id"], {cell: replace(cell, text=shorter)})
    harm = _make_harm(sound, "code-level", MISPRINTED, others, raw, told)
    return replace(harm, boxes=harm.boxes | {(cell.page, _to_box(cell.bbox))}, true_yuan=None)


def _by_place(sound: Sound) -> dict[tuple[str, int, int], Row]:
    places = {}
    for line in sound.amounts:
        cell = sound.cell_of(line)
        places[line["table_id"], cell.row, cell.column] = line
    return places


def _find_runs(sound: Sound) -> list[list[Row]]:
    """Amounts that stand one under the other without a gap, from the top down."""
    places = _by_place(sound)
    runs = []
    for table, row, column in places:
        if (table, row - 1, column) in places:
            continue
        run = []
        while (table, row, column) in places:
            run.append(places[table, row, column])
            row += 1  # noqa: PLW2901 - the run is followed down its column
        runs.append(run)
    return runs


def _replace_cells(sound: Sound, table_id: str, changes: Mapping[RawCell, RawCell]) -> RawDocument:
    table = sound.tables[table_id]
    return _replace_table(sound, replace(table, cells=tuple(changes.get(cell, cell) for cell in table.cells)))


def _replace_table(sound: Sound, table: RawTable) -> RawDocument:
    tables = tuple(table if other.ordinal == table.ordinal else other for other in sound.raw.tables)
    return replace(sound.raw, tables=tables)


def _make_harm(sound: Sound, kind: str, whose: Whose, lines: Sequence[Row], raw: RawDocument, told: str) -> Harm:
    return Harm(
        kind=kind,
        whose=whose,
        document=raw,
        table_id=lines[0]["table_id"],
        boxes=frozenset(locate(line) for line in lines),
        true_yuan=lines[0]["amount_cny"] if len(lines) == 1 else None,
        provable=any(line["verified_by"] > 0 for line in lines),
        told=told,
    )


ERRORS: Mapping[str, Callable[[Sound, Random], Harm]] = {
    "misprinted digit": misprint_digit,
    "misprinted sign": misprint_sign,
    "misprinted point": misprint_point,
    "wrong total": misprint_total,
    "beyond rounding": exceed_rounding,
    "unit slip": slip_unit,
    "neighbours swapped": swap_neighbours,
    "column shifted": shift_column,
    "row missing": drop_row,
    "row doubled": double_row,
    "code at another level": demote_code,
    "misread digit": misread_digit,
    "misread point": misread_point,
    "misread neighbour": misread_neighbour,
}
