"""The long table: one row per published amount, with everything that says what it is and where it stands.

Promise: each amount of a table that is understood becomes one line, in printed order; what is not understood becomes a finding
and stays in the raw tables. Nothing is summed, corrected or guessed.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from transforms.amounts import find_common_decimals, is_amount, join_cut_amount, parse_amount, to_yuan
from transforms.arbitration import Disagreement
from transforms.codes import COLUMN_BY_SCHEME, CodeBook, find_named, is_listed, is_name_of, scheme_of
from transforms.columns import Column, Header
from transforms.counting import Break, find_breaks
from transforms.document_terms import load_document_terms
from transforms.grid import TableGrid, make_grid
from transforms.header_vocabulary import find_nearest_terms
from transforms.headers import read_header
from transforms.ledger import Ledger, account_other_table, account_table
from transforms.rows import read_rows
from transforms.table_marks import find_contradiction, recognise_table
from transforms.table_row import TableRow
from transforms.table_types import TableType, Title, find_title, find_unit, get_table_type, refine_by_title
from transforms.text import normalise
from warehouse.issues import make_finding
from warehouse.records import RawCell, RawTable, Row, TextLine

AGREED, ALONE = "camelot-lattice", "pdfium-grid"
FEWEST_AMOUNTS = 3  # an untitled table with fewer is no budget table whose title was lost
TARGETS = frozenset({"overall_performance_targets", "project_performance_targets"})
NOT_BUDGET = TARGETS | {"department_profile"}
NUMBERED = re.compile(r"^[一二三四五六七八九十]{1,3}、")
# 编制单位：某局  单位：万元
UNIT_NAME = re.compile(
    r"(?:部门|单位|编制单位|编制部门|预算单位)(?:名称)?(?:\(.*?\))?[::](?P<name>[^::]{4,40}?)(?:单位[::].*|金额.*)?$"
)


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What the lines of one document share: facts read from the document itself."""

    document_id: str
    department_id: str | None
    department_name: str | None
    region_code: str | None
    organisation_scope: str
    fiscal_year: int
    phase: str


@dataclass(frozen=True, slots=True)
class TableReading:
    """One table interpreted: its row of `core_tables`, its lines, its findings."""

    table: Row
    lines: tuple[Row, ...]
    findings: tuple[Row, ...]
    disagreements: tuple[Disagreement, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True, slots=True)
class _Table:
    raw: RawTable
    grid: TableGrid
    table_id: str
    table_type: TableType
    instance: int
    title: str | None
    number: str | None
    unit: str
    unit_name: str | None
    unit_source: str | None
    is_recognised: bool  # by its words, where no title tells what it is
    context: DocumentContext
    book: CodeBook


def read_tables(tables: Sequence[RawTable], context: DocumentContext, book: CodeBook) -> list[TableReading]:
    """Every table of a document in order. Tables of unknown type give a finding where they hold amounts."""
    readings: list[TableReading] = []
    budgets: dict[int, _Table] = {}
    instances: dict[str, int] = {}
    titles = [find_title(raw.captions) or _find_title_in_grid(raw) for raw in tables]
    units = [find_unit([line.text for line in raw.captions]) or _find_unit_in_header(raw) for raw in tables]
    named = {title.table_type.type for title in titles if title and title.table_type}
    lost = [
        None if title and title.table_type else _recognise_lost(raw, named) for raw, title in zip(tables, titles, strict=True)
    ]
    usual = _find_usual_unit(titles, units) or _find_lost_unit(lost, units)
    for raw, title, recognised, stated in zip(tables, titles, lost, units, strict=True):
        unit = stated or usual
        table_id = make_table_id(context.document_id, raw.ordinal)
        found = refine_by_title(title.table_type, title.text) if title and title.table_type else None
        table_type = found or recognised or _continue_targets(readings, raw)
        if table_type is None or table_type.type in NOT_BUDGET:
            kind = table_type.type if table_type else "unknown"
            readings.append(_keep_raw(raw, table_id, kind, title.text if title else None, title.number if title else None, unit))
            continue
        instances[table_type.type] = instances.get(table_type.type, 0) + 1
        budgets[len(readings)] = _Table(
            raw,
            make_grid(raw),
            table_id,
            table_type,
            instances[table_type.type],
            title.text if title else None,
            title.number if title else None,
            unit or "",
            _find_unit_name(raw, context),
            "caption" if stated else "document" if unit else None,
            bool(recognised),
            context,
            book,
        )
        readings.append(_read_table(budgets[len(readings)]))
    return _read_cut_amounts(readings, budgets)


def _read_cut_amounts(readings: Sequence[TableReading], budgets: Mapping[int, _Table]) -> list[TableReading]:
    """The readings; a table whose own amounts are too few to show that some are cut is read again beside those of the others."""
    again = list(readings)
    for position, table in budgets.items():
        if any(finding["finding_kind"] == "unreadable-amount" for finding in readings[position].findings):
            lines = (line for reading in readings for line in reading.lines if line["unit_reported"] == table.unit)
            again[position] = _read_table(table, tuple(line["amount_reported"] for line in lines))
    return again


def _recognise_lost(raw: RawTable, named: Set[str]) -> TableType | None:
    """The type that an untitled table's own words tell, where no title of the document names a table of that type.

    A small table inside the narrative repeats figures of the budget tables; the tables themselves have titles nearly always, and
    no sentence above them.
    """
    table_type = recognise_table(raw)
    if table_type is None or table_type.type in NOT_BUDGET:
        return table_type
    amounts = sum(is_amount(cell.text) for cell in raw.cells)
    fewest = FEWEST_AMOUNTS if any("。" in line.text for line in raw.captions) else 1
    return table_type if table_type.type not in named and amounts >= fewest else None


def _continue_targets(readings: Sequence[TableReading], raw: RawTable) -> TableType | None:
    """Sheets of performance targets go on over pages without title and with other columns: what follows one is one."""
    before = readings[-1].table if readings else None
    if (
        before is None
        or before["table_type"] not in TARGETS
        or raw.pages[0] not in {before["last_page"], before["last_page"] + 1}
    ):
        return None
    return None if find_title(raw.captions) else get_table_type(before["table_type"])


def _tell_type(reading: TableReading, table: _Table) -> TableReading:
    """The reading, with what there is to say of the table's type."""
    if table.is_recognised:
        return _tell_recognised(reading, table.raw)
    words = find_contradiction(table.raw, table.table_type)
    return _tell_contradicted(reading, table.raw, words) if words else reading


def _tell_recognised(reading: TableReading, raw: RawTable) -> TableReading:
    finding = make_finding(
        "type-from-words",
        page=raw.pages[0],
        bbox=raw.bbox,
        table_id=reading.table["table_id"],
        table_type=reading.table["table_type"],
    )
    return replace(reading, findings=(*reading.findings, finding))


def _tell_contradicted(reading: TableReading, raw: RawTable, words: str) -> TableReading:
    """The title stands, since it is what was published; whoever reads it is warned."""
    finding = make_finding(
        "title-contradicted",
        page=raw.pages[0],
        bbox=raw.bbox,
        table_id=reading.table["table_id"],
        table_type=reading.table["table_type"],
        words=words,
    )
    return replace(reading, findings=(*reading.findings, finding))


def _find_title_in_grid(raw: RawTable) -> Title | None:
    """A title that stands alone in one of the first rows, inside the frame but not over its whole width."""
    rows: dict[int, list[RawCell]] = {}
    for cell in raw.cells:
        if cell.row < 2 and cell.text:
            rows.setdefault(cell.row, []).append(cell)
    alone = [cells[0] for cells in rows.values() if len(cells) == 1]
    return find_title([TextLine(cell.page, cell.text, cell.bbox) for cell in alone])


def _find_usual_unit(titles: Sequence[Title | None], units: Sequence[str | None]) -> str | None:
    """The unit that most budget tables of the document state: it holds for those that state none."""
    stated = Counter(
        unit
        for title, unit in zip(titles, units, strict=True)
        if unit and title and title.table_type and title.table_type.type not in NOT_BUDGET
    )
    return stated.most_common(1)[0][0] if stated else None


def _find_lost_unit(lost: Sequence[TableType | None], units: Sequence[str | None]) -> str | None:
    """The unit of the first table without a title that states one."""
    return next((unit for found, unit in zip(lost, units, strict=True) if unit and found and found.type not in NOT_BUDGET), None)


def _find_unit_name(raw: RawTable, context: DocumentContext) -> str | None:
    """The unit named above the table (单位名称：…), where it is another than the document's issuer."""
    for line in reversed(raw.captions[-6:]):
        match = UNIT_NAME.search(normalise(line.text))
        if match and not match["name"].endswith("元"):
            return None if is_issuer(match["name"], normalise(context.department_name or "")) else match["name"]
    return None


def is_issuer(name: str, issuer: str) -> bool:
    """Whether the name is the issuer's, in full or without the region before it (示例委员会 for 示例市示例委员会).

    Only a region may be left out at the front: what is added behind (本级, 信息中心) or in between makes another unit.
    """
    short, long = sorted((name, issuer), key=len)
    region = long.removesuffix(short)
    return bool(short) and long.endswith(short) and (not region or region.endswith(load_document_terms().region_endings))


def make_table_id(document_id: str, ordinal: int) -> str:
    """`document_id` and the table's ordinal."""
    return f"{document_id}-{ordinal:03d}"


def _find_unit_in_header(raw: RawTable) -> str | None:
    return find_unit([cell.text for cell in raw.cells if cell.row < 3 and "元" in cell.text])


def _keep_raw(raw: RawTable, table_id: str, kind: str, title: str | None, number: str | None, unit: str | None) -> TableReading:
    amounts = sum(1 for cell in raw.cells if is_amount(cell.text) and "." in cell.text)
    findings: tuple[Row, ...] = ()
    if kind == "unknown" and amounts:
        seen = title or " ".join(line.text for line in raw.captions[-2:]) or "no title"
        findings = (
            make_finding("unknown-table", page=raw.pages[0], bbox=raw.bbox, table_id=table_id, amounts=amounts, title=seen[:80]),
        )
    ledger = account_other_table(raw, kind)
    table = _describe(
        raw,
        table_id,
        kind,
        1,
        title,
        number,
        unit,
        None,
        line_count=0,
        unread_count=ledger.total("unread"),
        understood=False,
        score=0.0,
        empty=not amounts,
    )
    return TableReading(table, (), findings, ledger=ledger)


def _read_table(table: _Table, witnesses: Sequence[str] = ()) -> TableReading:
    """One table's reading. `witnesses`: amounts that the document prints elsewhere in the same unit."""
    header = read_header(table.grid, table.table_type, table.book, table.context.fiscal_year, table.context.phase)
    table = _join_cut_amounts(table, header, witnesses)
    rows = read_rows(table.raw, table.grid, header, table.table_type, table.book, table.context.fiscal_year)
    findings = [_report_column(table, column) for column in header.unknown]
    findings.extend(_report_break(table, found) for found in find_breaks(table.raw, header))
    lines: list[Row] = []
    disagreements: list[Disagreement] = []
    read: list[tuple[int, int]] = []
    if not table.unit:
        findings.append(make_finding("unknown-unit", page=table.raw.pages[0], table_id=table.table_id))
    else:
        single = sum(1 for row in rows if _has_amounts(table.grid, row)) <= 1
        for number, row in enumerate(rows, 1):
            differing = _find_differing(table.grid, row)
            several = _holds_several(table.grid, row)
            for column in row.block.amounts:
                line, finding = _make_line(table, row, column, number, single, names_agree=not differing)
                if several and line is not None and line["amount_cny"] is not None:
                    line, finding = None, _report_amount(table, row, column)
                if line is not None:
                    lines.append(line)
                    read.append((row.row, column.index))
                    disagreements.extend(_collect_disagreements(table, row, column, line, differing))
                if finding is not None:
                    findings.append(finding)
        findings.extend(_report_codes(table, rows))
    ledger = account_table(table.raw, table.table_id, header, read)
    findings.extend(ledger.report_unread())
    score = _score(table, lines, findings, header)
    description = _describe(
        table.raw,
        table.table_id,
        table.table_type.type,
        table.instance,
        table.title,
        table.number,
        table.unit or None,
        table.unit_source,
        line_count=sum(line["amount_cny"] is not None for line in lines),
        unread_count=ledger.total("unread"),
        understood=bool(table.unit) and not header.unknown,
        score=score,
        empty=not any(line["amount_cny"] for line in lines),
        unit_name=table.unit_name,
    )
    return _tell_type(TableReading(description, tuple(lines), tuple(findings), tuple(disagreements), ledger), table)


def _join_cut_amounts(table: _Table, header: Header, witnesses: Sequence[str]) -> _Table:
    """The table with amounts that are cut inside their cells on one line, where other amounts show that they are cut."""
    amounts = {c.index for c in header.columns if c.role == "amount"}
    texts = [cell.text for cell in table.raw.cells if cell.column in amounts and cell.row not in header.rows]
    decimals = find_common_decimals([*texts, *witnesses])
    if decimals is None or not any("\n" in text for text in texts):
        return table
    cells = tuple(
        replace(cell, text=join_cut_amount(cell.text, decimals)) if cell.column in amounts and "\n" in cell.text else cell
        for cell in table.raw.cells
    )
    raw = replace(table.raw, cells=cells)
    return replace(table, raw=raw, grid=make_grid(raw))


def _has_amounts(grid: TableGrid, row: TableRow) -> bool:
    return any(is_amount(grid.text(row.row, column.index)) for column in row.block.amounts)


def _holds_several(grid: TableGrid, row: TableRow) -> bool:
    """Whether the row is several printed rows without a rule between them: a cell shows amounts one below the other that are
    surely not one, or several numbered names. Which of the names an amount belongs to is not known."""
    labels = [grid.rows[row.row][column.index] for column in row.block.labels if grid.begins(row.row, column.index)]
    if any(sum(bool(NUMBERED.match(line)) for line in cell.text.split("\n")) > 1 for cell in labels if cell is not None):
        return True
    cells = [grid.rows[row.row][column.index] for column in row.block.amounts if grid.begins(row.row, column.index)]
    return any(
        parse_amount(cell.text) is None and sum(is_amount(line) for line in cell.text.split("\n")) > 1
        for cell in cells
        if cell is not None
    )


def _report_amount(table: _Table, row: TableRow, column: Column) -> Row:
    cell = table.grid.rows[row.row][column.index]
    text = cell.text if cell else ""
    beside = "" if parse_amount(text) is None else " beside several amounts in one cell"
    return make_finding(
        "unreadable-amount",
        page=cell.page if cell else None,
        bbox=cell.bbox if cell else None,
        table_id=table.table_id,
        row_number=row.row + 1,
        text=text[:60] + beside,
    )


def _make_line(
    table: _Table, row: TableRow, column: Column, number: int, single: bool, *, names_agree: bool
) -> tuple[Row | None, Row | None]:
    """The line of one cell, or the finding that says why there is none."""
    cell = table.grid.rows[row.row][column.index]
    if cell is None or not table.grid.begins(row.row, column.index):
        return None, None  # covered by a label, or by the amount of a merged cell to the left or above
    amount = parse_amount(cell.text)
    if amount is None:
        return None, _report_amount(table, row, column)
    label, item_key = _name_line(row, column, single)
    if amount.value is None and not row.is_named and not (single and _has_amounts(table.grid, row)):
        return None, None  # a template row left empty
    return (
        {
            "line_id": f"{table.table_id}-{number}-{column.index + 1}",
            **_context_columns(table),
            "direction": column.direction or row.block.direction,
            "row_kind": _kind_of_line(row, column, single, item_key),
            "line_number": number,
            "column_number": column.index + 1,
            "line_label": label,
            **{name: row.codes.get(name) or column.codes.get(name) for name in COLUMN_BY_SCHEME.values()},
            "code_source": row.code_source or ("inferred" if column.codes else None),
            "item_key": item_key,
            "unit_code": row.unit_code,
            "unit_name": row.unit_name or table.unit_name,
            "project_name": row.project_name,
            "fund_type": row.fund or column.fund,
            "expenditure_kind": row.kind or column.kind,
            "amount_basis": row.basis or column.basis,
            "amount_cny": None if amount.value is None else to_yuan(amount.value, table.unit),
            "amount_state": amount.state,
            "amount_reported": "".join(cell.text.split()),
            "unit_reported": table.unit,
            "page": cell.page,
            "bbox": [float(x) for x in cell.bbox],
            "extractor": AGREED if cell.agreed and names_agree else ALONE,
            "note": "; ".join(note for note in (column.note, row.note) if note) or None,
        },
        None,
    )


def _context_columns(table: _Table) -> dict[str, Any]:
    context = table.context
    return {
        "document_id": context.document_id,
        "region_code": context.region_code,
        "department_id": context.department_id,
        "department_name": context.department_name,
        "organisation_scope": context.organisation_scope,
        "fiscal_year": context.fiscal_year,
        "phase": context.phase,
        "table_type": table.table_type.type,
        "table_id": table.table_id,
        "table_instance": table.instance,
        "table_title": table.title,
        "table_number": table.number,
    }


def _name_line(row: TableRow, column: Column, single: bool) -> tuple[str, str | None]:
    """Label and item of a line: the row's, or the column's where the only row has no name."""
    item_key = column.item_key or row.item_key
    if row.is_named or not single:
        return row.label, item_key
    return column.heading, item_key


def _kind_of_line(row: TableRow, column: Column, single: bool, item_key: str | None) -> str:
    if row.is_named or not single:
        return row.row_kind
    if column.item_key is not None and item_key not in {"three_public_total", "total_revenue_current"}:
        return "subtotal" if item_key == "official_vehicles" else "item"
    # 合计 of the three public expenses, meetings and training stands over the total of the three.
    wider = item_key == "three_public_total" and any(other.item_key is None for other in row.block.amounts)
    return "subtotal" if wider else "total"


def _report_column(table: _Table, column: Column) -> Row:
    return make_finding(
        "unknown-header",
        page=table.raw.pages[0],
        table_id=table.table_id,
        column=column.index + 1,
        header=_describe_header(column),
    )


def _report_break(table: _Table, found: Break) -> Row:
    return make_finding(
        "serial-broken",
        page=found.cell.page,
        bbox=found.cell.bbox,
        table_id=table.table_id,
        row_number=found.cell.row + 1,
        seen=normalise(found.cell.text),
        fitting=found.fitting,
    )


def _describe_header(column: Column) -> str:
    """The words over a column, and the known terms that look most like them."""
    if not column.path:
        return "nothing"
    nearest = find_nearest_terms(column.path[-1])
    return "/".join(column.path) + (f" (nearest known terms: {', '.join(nearest)})" if nearest else "")


def _find_differing(grid: TableGrid, row: TableRow) -> tuple[RawCell, ...]:
    """Cells that name a row (code, label) in which the other reader saw another text."""
    columns = [*row.block.codes, *row.block.labels]
    cells = [cell for column in columns if (cell := grid.rows[row.row][column.index]) is not None and cell.row == row.row]
    return tuple(cell for cell in cells if not cell.agreed and cell.other_text is not None)


def _collect_disagreements(
    table: _Table, row: TableRow, column: Column, line: Row, differing: Sequence[RawCell]
) -> Iterator[Disagreement]:
    cell = table.grid.rows[row.row][column.index]
    own = [cell] if cell is not None and not cell.agreed and cell.other_text is not None else []
    named = differing if line["amount_cny"] is not None else ()
    for found in (*own, *named):
        yield Disagreement(
            table_id=table.table_id,
            line_id=line["line_id"],
            row_number=row.row + 1,
            page=found.page,
            bbox=found.bbox,
            text=normalise(found.text),
            other=normalise(found.other_text or "")[:60],
            third=None if found.third_text is None else normalise(found.third_text),
        )


def _report_codes(table: _Table, rows: Sequence[TableRow]) -> list[Row]:
    """Codes that the year's list does not know, that stand beside another code's name, or that are no codes at all."""
    findings: list[Row] = []
    year = table.context.fiscal_year
    for row in rows:
        if row.code_source in {"printed", "local"}:
            for code in row.codes.values():
                if row.code_source == "printed" and not is_listed(code, table.book, year):
                    findings.append(_report_row(table, row, "unknown-code", code=code, scheme=scheme_of(code), year=year))
                elif other := _find_other_code(code, row, table):
                    findings.append(_report_row(table, row, "code-name-mismatch", code=code, label=row.label, other=other))
            continue
        if rejected := _find_rejected_code(table, row):
            findings.append(_report_row(table, row, "unreadable-code", text=rejected))
        if row.candidates and not row.codes:
            findings.append(_report_row(table, row, "ambiguous-code", label=row.label, candidates=", ".join(row.candidates)))
    return findings


def _find_other_code(code: str, row: TableRow, table: _Table) -> str | None:
    """The one code of that level that a list gives the row's name, where the printed code has another name.

    It stands beside the printed one in its list, or is one digit away: in that list (2080506 for 2060506) where no other list has
    the name (会议费 beside 50502 is a department class beside its government class), or in another (204 for 504). Rows that
    print several codes are looked at beside only: each code has its own name there.
    """
    if not row.label or is_name_of(code, row.label, table.book):
        return None
    named = {scheme: find_named(row.label, scheme, table.book, table.context.fiscal_year) for scheme in COLUMN_BY_SCHEME}
    own = named[scheme_of(code)]
    beside = [other for other in own if len(other) == len(code) and other[:-2] == code[:-2]]
    foreign = [other for scheme, found in named.items() if scheme != scheme_of(code) for other in found]
    slipped = [other for other in foreign or own if _differ_in_one_digit(code, other)]
    others = beside or (slipped if len(row.codes) == 1 else [])
    return others[0] if len(others) == 1 and others[0] != code else None


def _differ_in_one_digit(code: str, other: str) -> bool:
    return len(code) == len(other) and sum(one != two for one, two in zip(code, other, strict=True)) == 1


def _find_rejected_code(table: _Table, row: TableRow) -> str | None:
    """What stands in the row's code cells or before its name, where it has digits and makes no code; and the code that fits."""
    if row.rejected:
        fitting = next(iter(row.codes.values()), None)
        return f"{row.rejected} ({fitting} would fit)" if fitting else row.rejected
    if row.is_unit or row.unit_code:
        return None
    texts = [table.grid.text(row.row, c.index) for c in row.block.codes if table.grid.begins(row.row, c.index)]
    joined = " ".join(text for text in texts if text)
    return joined if re.search(r"\d", joined) else None


def _report_row(table: _Table, row: TableRow, kind: str, **values: Any) -> Row:
    cell = next((cell for cell in table.grid.rows[row.row] if cell is not None), None)
    return make_finding(
        kind, page=cell.page if cell else table.raw.pages[0], table_id=table.table_id, row_number=row.row + 1, **values
    )


def _score(table: _Table, lines: Sequence[Row], findings: Sequence[Row], header: Header) -> float:
    """Share of the table's amount cells that became lines on which both readers agree."""
    body = [
        cell
        for cell in table.raw.cells
        if cell.row not in header.rows and is_amount(cell.text) and header.columns[cell.column].role in {"amount", "unknown"}
    ]
    if not body:
        return 1.0
    agreed = sum(1 for line in lines if line["amount_cny"] is not None and line["extractor"] == AGREED)
    return round(min(agreed / len(body), 1.0), 4)


def _describe(
    raw: RawTable,
    table_id: str,
    kind: str,
    instance: int,
    title: str | None,
    number: str | None,
    unit: str | None,
    unit_source: str | None,
    *,
    line_count: int,
    unread_count: int,
    understood: bool,
    score: float,
    empty: bool,
    unit_name: str | None = None,
) -> Row:
    """The table's row of `core_tables`."""
    agreed = sum(cell.agreed for cell in raw.cells)
    return {
        "table_id": table_id,
        "table_ordinal": raw.ordinal,
        "table_type": kind,
        "table_instance": instance,
        "table_title": title,
        "table_number": number,
        "first_page": raw.pages[0],
        "last_page": raw.pages[-1],
        "row_count": raw.n_rows,
        "column_count": raw.n_columns,
        "unit_reported": unit,
        "unit_source": unit_source,
        "unit_code": None,
        "unit_name": unit_name,
        "line_count": line_count,
        "unread_count": unread_count,
        "is_declared_empty": empty,
        "understood": understood,
        "score": score,
        "extractor": AGREED if agreed else ALONE,
    }
