"""What part each amount plays in its table: its row, the row and the column it adds up into, whether it is a total or a leaf.

Promise: pure, vectorised over many documents, and nothing is guessed: where the printed structure leaves two readings open,
the line says so in a `doubt_` column, and an identity that fails on it is not called a violation.

`describe_lines` turns rows of `core_budget_lines` into one frame that `identities.yml` selects from. Columns made here:

document, table, set         the document, its table, and which of the document's sets of tables it belongs to (one per sub-unit)
fen, grain, is_number        amount in fen (a blank counts 0), last printed digit in fen, False for blanks and dashes
row, parent_row              printed row; the row whose amount includes this one (-1: none), by codes 3 -> 5 -> 7 digits
fund, fund_parent            column's source of money; the nearest wider one that the table also prints ("" : none)
kind, kind_parent            the same for kinds of expenditure
item, item_parent            the same for the three public expenses (item_wider: of meetings and training, which some tables add)
lane, is_main                1 for a measure's first column, 2, ... for its twins (of which, memo); main: lane 1, not "of which"
is_total, is_top, is_leaf    a total row's line; a line that adds up into the total; a line with nothing below it
is_head                      stands for its whole table: the total row, or the top rows where no total is printed
role                         of rows in the two summaries: grand, current, source, closing, entry
class_code                   function class (3 digits) of a top row, by its code or by the document's own name for it
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.envelope import measure_grains

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Lines: TypeAlias = "pd.DataFrame | pa.Table | Rows"

NEEDED = (
    "line_id", "document_id", "table_type", "table_id", "table_instance", "direction", "row_kind", "line_number",
    "column_number", "line_label", "function_code", "econ_department_code", "econ_government_code", "code_source", "item_key",
    "fund_type", "expenditure_kind", "amount_basis", "amount_cny", "amount_state", "amount_reported", "unit_reported", "note",
)  # fmt: skip

# Columns that may be null in every row, and therefore absent from rows that are mappings.
OPTIONAL = ("function_code", "econ_department_code", "econ_government_code", "code_source", "item_key", "amount_cny", "note")
PLACE = ["document_id", "table_id", "line_number", "column_number", "line_id"]

SUMMARIES = ("revenue_expenditure_summary", "appropriation_summary")
BASIC_TABLES = (
    "general_budget_basic_expenditure", "general_budget_basic_expenditure_by_function", "appropriation_basic_expenditure",
    "basic_expenditure",
)  # fmt: skip
# Tables whose rows are a classification with codes; in all others the row kinds alone tell what adds up.
CODED_TABLES = (
    "revenue_summary", "expenditure_summary", "appropriation_expenditure", "general_budget_expenditure",
    "general_budget_expenditure_by_economic", "government_fund_expenditure", "state_capital_expenditure",
    "agency_operating_expenditure", "carry_over_expenditure", *BASIC_TABLES,
)  # fmt: skip
THREE_PUBLIC = "three_public_expenditure"

# What each column may add up into, nearest first.
FUND_ANCESTORS = {
    "general_public_budget": ("fiscal_appropriation", "current", "all"),
    "government_fund": ("fiscal_appropriation", "current", "all"),
    "state_capital": ("fiscal_appropriation", "current", "all"),
    "institutional_revenue": ("unit_funds", "current", "all"),
    "business_revenue": ("unit_funds", "current", "all"),
    "superior_subsidy": ("unit_funds", "current", "all"),
    "affiliate_remittance": ("unit_funds", "current", "all"),
    "other_revenue": ("unit_funds", "current", "all"),
    "fiscal_appropriation": ("current", "all"),
    "special_account": ("current", "all"),
    "unit_funds": ("current", "all"),
    "current": ("all",),
    "balance_use": ("all",),
    "carry_over": ("all",),
}
KIND_ANCESTORS = {
    "personnel": ("basic", "total"),
    "operating": ("basic", "total"),
    "basic": ("total",),
    "project": ("total",),
    "superior_remittance": ("total",),
    "business_operations": ("total",),
    "affiliate_subsidy": ("total",),
    "reserve": ("total",),
    "carry_forward": ("total",),
    "balance_distribution": ("total",),
}
ITEM_ANCESTORS = {
    "vehicle_purchase": ("official_vehicles", "three_public_total"),
    "vehicle_operation": ("official_vehicles", "three_public_total"),
    "official_vehicles": ("three_public_total",),
    "overseas_travel": ("three_public_total",),
    "hospitality": ("three_public_total",),
}

AFTER_ALL_ROWS = 2**31
OF_WHICH = r"其中|of which|memo"
NUMBERING = r"^(?:[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十\d]+[)）]|\d+[、.．])"


def describe_lines(lines: Lines, tables: Lines) -> pd.DataFrame:
    """The frame described above, one row per line of `lines`, by document, table, printed row and column, index 0, 1, ...

    `tables` are the rows of `core_tables`; they tell the sub-units apart (table_id, unit_name), and may lack tables.
    Raises KeyError where a column of core_budget_lines is missing, UnknownUnitError for an unknown unit.
    """
    frame = _read_lines(lines)
    frame["set"] = _name_sets(frame, as_frame(tables))
    steps = (
        _mark_rows,
        _mark_lanes,
        _mark_totals,
        _mark_parents,
        _mark_leaves,
        _mark_unclear_levels,
        _mark_heads,
        _mark_columns,
        _mark_summary_roles,
    )
    described = reduce(lambda so_far, step: step(so_far), steps, frame)
    described["class_code"] = _name_classes(described)
    return _mark_classifications(described)


def read_column(rows: Lines, column: str) -> list[Any]:
    """One column of rows in any of the accepted shapes."""
    frame = as_frame(rows)
    return [] if frame.empty else frame[column].tolist()


def as_frame(rows: Lines) -> pd.DataFrame:
    """Rows as a frame: a frame as it is, an Arrow table converted, a list of mappings with a column per key."""
    if isinstance(rows, pa.Table):
        return pd.DataFrame(rows.to_pandas())
    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))


def _read_lines(lines: Lines) -> pd.DataFrame:
    source = as_frame(lines)
    if source.empty:
        source = source.reindex(columns=list(NEEDED))
    absent = {column: "" for column in OPTIONAL if column not in source}
    frame = source.assign(**absent)[list(NEEDED)].sort_values(PLACE, kind="stable", ignore_index=True)
    text = [c for c in NEEDED if c not in ("table_instance", "line_number", "column_number", "amount_cny")]
    for column in text:
        frame[column] = frame[column].astype("object").where(frame[column].notna(), "").astype("str")
    for column in ("table_instance", "line_number", "column_number"):
        frame[column] = frame[column].astype("int64")
    frame = frame.rename(
        columns={"document_id": "document", "table_id": "table", "fund_type": "fund", "expenditure_kind": "kind"}
    )
    frame = frame.rename(columns={"amount_basis": "basis", "item_key": "item", "function_code": "function"})
    frame["fen"] = _count_fen(frame["amount_cny"])
    frame["is_number"] = frame["amount_state"].isin(["number", "zero"])
    frame["grain"] = measure_grains(frame["amount_reported"], frame["unit_reported"], frame["table"], frame["fen"] != 0)
    frame["name"] = _bare_names(frame["line_label"])
    frame["of_which"] = frame["note"].str.contains(OF_WHICH)
    frame.loc[frame["table_type"].isin(BASIC_TABLES) & (frame["kind"] == "total"), "kind"] = "basic"
    frame.loc[(frame["table_type"] == "revenue_summary") & (frame["item"] == "total_revenue_current"), "fund"] = "current"
    return frame


def _count_fen(amounts: pd.Series) -> Any:
    """Whole fen as int64, exactly: decimals go through Arrow's decimal arithmetic; a missing amount counts 0."""
    decimals = pa.array(amounts.astype("object").where(amounts.notna() & (amounts != ""), None), type=pa.decimal128(20, 2))
    fen = pc.cast(pc.multiply(decimals, pa.scalar(100, type=pa.decimal128(3, 0))), pa.int64())
    return pc.fill_null(fen, 0).to_numpy(zero_copy_only=False)


def _bare_names(labels: pd.Series) -> pd.Series:
    """Names as they can be compared: no white space, numbering, brackets with their content, or a closing 支出."""
    bare = labels.str.normalize("NFKC").str.replace(r"\s+", "", regex=True).str.replace(NUMBERING, "", regex=True)
    bare = bare.str.replace(r"\(.*?\)", "", regex=True)
    return bare.str.replace(r"(?<=.)支出$", "", regex=True)


def _name_sets(frame: pd.DataFrame, tables: pd.DataFrame) -> pd.Series:
    """The set of a line's table: the sub-unit's name where the document repeats tables and all have one, else the ordinal."""
    ordinal = frame["table_instance"].astype("str")
    if tables.empty or "unit_name" not in tables:
        return ordinal
    units = tables.drop_duplicates("table_id").set_index("table_id")["unit_name"]
    unit = frame["table"].map(units).astype("object")
    unit = unit.where(unit.notna(), "").astype("str")
    repeats = frame["table_instance"].groupby(frame["document"]).transform("max") > 1
    named = (unit != "").groupby(frame["document"]).transform("all")
    return ordinal.where(~(repeats & named), unit)


def _mark_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """`row`: one number per printed row. Blocks side by side share a line number, but not a code or, in summaries, a label."""
    in_summary = frame["table_type"].isin(SUMMARIES)
    label = frame["line_label"].where(in_summary, "")
    direction = frame["direction"].where(in_summary, "")
    codes = [frame["function"], frame["econ_department_code"], frame["econ_government_code"]]
    keys = [frame["table"], frame["line_number"], direction, label, *codes]
    return frame.assign(row=frame.groupby(keys, sort=False).ngroup().astype("int64"))


MEASURE = ["table", "direction", "fund", "kind", "basis", "measured_item"]


def _mark_lanes(frame: pd.DataFrame) -> pd.DataFrame:
    """`lane`: a table's columns of one measure are twins where they meet in a row; blocks side by side never do."""
    horizontal = frame["table_type"] == THREE_PUBLIC
    frame = frame.assign(measured_item=frame["item"].where(horizontal, ""))
    per_row = frame.groupby([*MEASURE, "row"])["column_number"].transform("nunique")
    has_twins = per_row.groupby([frame[c] for c in MEASURE]).transform("max") > 1
    rank = frame.groupby(MEASURE)["column_number"].rank(method="dense").astype("int64")
    lane = rank.where(has_twins, 1)
    return frame.assign(lane=lane, is_main=(lane == 1) & ~frame["of_which"], doubt_twin=has_twins & ~frame["of_which"])


def _mark_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """`is_coded`, `is_total`, `is_first_total`: totals have no code; 人员经费合计 under basic expenditure is one too."""
    is_coded = (frame["function"] != "") | (frame["econ_department_code"] != "") | (frame["econ_government_code"] != "")
    by_name = frame["table_type"].isin(BASIC_TABLES) & frame["line_label"].str.endswith("合计")
    is_total = ~is_coded & ((frame["row_kind"] == "total") | by_name)
    measure = [frame[c] for c in [*MEASURE, "lane"]]
    first = frame["line_number"].where(is_total & frame["is_number"], AFTER_ALL_ROWS).groupby(measure).transform("min")
    is_first = is_total & frame["is_number"] & (frame["line_number"] == first)
    several = frame["line_number"].where(is_total).groupby(measure).transform("nunique") > 1
    return frame.assign(is_coded=is_coded, is_total=is_total, is_first_total=is_first, doubt_totals=is_total & several)


def _mark_parents(frame: pd.DataFrame) -> pd.DataFrame:
    """`parent_row` of coded rows: the nearest row above (else below) with the next shorter code that the table prints."""
    coded = frame[frame["is_coded"] & frame["table_type"].isin([*CODED_TABLES, *SUMMARIES])]
    columns = ["table", "row", "line_number", "function", "econ_department_code", "econ_government_code"]
    rows = coded[columns].drop_duplicates("row").sort_values(["line_number", "row"]).reset_index(drop=True)
    economic = rows["econ_department_code"].where(rows["econ_department_code"] != "", rows["econ_government_code"])
    by_department = rows["econ_department_code"] != ""
    rows["scheme"] = np.where(economic == "", "f", np.where(by_department, "d", "g"))
    rows["code"] = rows["function"].where(economic == "", economic)
    rows["parent_row"] = np.int64(-1)
    for scheme, code in _list_ancestors(rows, economic):
        _find_parents(rows, scheme, code)
    parents = rows.set_index("row")["parent_row"]
    frame = frame.assign(parent_row=frame["row"].map(parents).fillna(-1).astype("int64"))
    own, above = frame["function"], frame.drop_duplicates("row").set_index("row")["function"]
    repeats = (own != "") & (frame["parent_row"].map(above).fillna("") == own)
    return frame.assign(is_detail=repeats, doubt_uncoded=_find_uncoded_below(frame, rows))


def _list_ancestors(rows: pd.DataFrame, economic: pd.Series) -> list[tuple[pd.Series, pd.Series]]:
    """(scheme, code) of the rows that may stand above each row, nearest first; an empty code stands for none."""
    department, government, function = rows["econ_department_code"], rows["econ_government_code"], rows["function"]
    nothing = pd.Series("", index=rows.index)
    both = (department != "") & (government != "")
    detail = (economic != "") & (function != "")
    outer_government, outer_function = government.where(both, ""), function.where(detail, "")
    chains = (
        (rows["scheme"], rows["code"], (2, 4)),
        (nothing + "g", outer_government, (0, 2)),
        (nothing + "f", outer_function, (0, 2, 4)),
    )
    return [(scheme, _shorten(code, digits)) for scheme, code, steps in chains for digits in steps]


def _shorten(code: pd.Series, digits: int) -> pd.Series:
    """The code without its last digits; empty where fewer than three would be left."""
    return code.str.slice(stop=-digits or None).where(code.str.len() >= 3 + digits, "")


def _find_parents(rows: pd.DataFrame, scheme: pd.Series, code: pd.Series) -> None:
    """Fill `parent_row` where it is still open and a row with that scheme and code stands in the table."""
    open_rows = rows.index[(rows["parent_row"] == -1) & (code != "")]
    if not len(open_rows):
        return
    wanted = pd.DataFrame({"table": rows["table"], "scheme": scheme, "code": code, "line_number": rows["line_number"]})
    wanted = wanted.loc[open_rows].assign(position=open_rows)
    known = rows[["table", "scheme", "code", "line_number", "row"]]
    for direction in ("backward", "forward"):
        found = pd.merge_asof(wanted, known, on="line_number", by=["table", "scheme", "code"], direction=direction)
        found = found[found["row"].notna() & (rows.loc[found["position"], "parent_row"].to_numpy() == -1)]
        rows.loc[found["position"], "parent_row"] = found["row"].astype("int64").to_numpy()


def _find_uncoded_below(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """True for lines of a coded row that a row without a code follows before the next of its level: it may be a child.

    In summaries classes of functions and economic classes stand side by side: only rows of the same block follow each other.
    """
    first_column = frame.groupby("row")["column_number"].transform("min")
    frame = frame.assign(block=first_column.where(frame["table_type"].isin(SUMMARIES), 0))
    entry = frame["table_type"].isin(CODED_TABLES)
    entry |= frame["table_type"].isin(SUMMARIES) & (frame["direction"] == "expenditure") & (frame["item"] == "")
    loose = frame[~frame["is_coded"] & ~frame["is_total"] & entry]
    loose = loose[["table", "block", "line_number"]].drop_duplicates().sort_values("line_number")
    loose["loose"] = loose["line_number"]
    blocks = frame.drop_duplicates("row").set_index("row")["block"]
    ordered = rows.assign(block=rows["row"].map(blocks).astype(blocks.dtype)).sort_values(["table", "line_number", "row"])
    length = ordered["code"].str.len()
    end = pd.Series(AFTER_ALL_ROWS, index=ordered.index)
    for level in sorted(length.unique()):
        upper = ordered[length <= level]
        following = upper.groupby(["table", "block"])["line_number"].shift(-1)
        at_level = length[length == level].index
        end.loc[at_level] = following.reindex(at_level).fillna(AFTER_ALL_ROWS).astype("int64")
    ordered = ordered.assign(end=end).sort_values("line_number")
    found = pd.merge_asof(ordered, loose, on="line_number", by=["table", "block"], direction="forward", allow_exact_matches=False)
    below = found.loc[found["loose"].notna() & (found["loose"] < found["end"]), "row"]
    return frame["row"].isin(below)


def _mark_leaves(frame: pd.DataFrame) -> pd.DataFrame:
    """`is_top`, `is_leaf`: by codes where the table prints them, else by the row kinds. `has_levels`: the two differ."""
    in_codes = frame["is_coded"] & frame["table_type"].isin(CODED_TABLES)
    by_codes = in_codes.groupby([frame["table"], frame["direction"]]).transform("any")
    uncoded_leaf = ~frame["is_total"] & (frame["row_kind"] == "item") & ~by_codes
    is_top = (in_codes & (frame["parent_row"] == -1)) | uncoded_leaf
    is_leaf = (in_codes & ~frame["row"].isin(frame["parent_row"])) | uncoded_leaf
    has_levels = (in_codes & (frame["parent_row"] != -1)).groupby(frame["table"]).transform("any")
    loose = (by_codes & ~in_codes & ~frame["is_total"]).groupby(frame["table"]).transform("any")
    economic = np.where(frame["econ_department_code"] != "", "d", np.where(frame["econ_government_code"] != "", "g", ""))
    scheme = pd.Series(np.where(frame["function"] != "", "f", economic), index=frame.index).where(is_top & in_codes)
    mixed = scheme.groupby(frame["table"]).transform("nunique") > 1
    doubt = frame["doubt_uncoded"] | (frame["is_total"] & (loose | mixed))
    return frame.assign(is_top=is_top, is_leaf=is_leaf, has_levels=has_levels, doubt_uncoded=doubt)


def _mark_unclear_levels(frame: pd.DataFrame) -> pd.DataFrame:
    """`doubt_levels` of total rows: rows without codes that stand on several levels which the row kinds do not tell apart.

    They betray themselves: one of several such rows equals the total, together they are the total two, three, ... times, or one
    is the sum of the two or more that follow it.
    """
    measure = frame.groupby([*MEASURE, "lane"], sort=False).ngroup()
    by_codes = frame["is_coded"] & frame["table_type"].isin(CODED_TABLES)
    leaf = frame["is_leaf"] & ~by_codes & (frame["fen"] != 0)
    total = frame["fen"].where(frame["is_first_total"]).groupby(measure).transform("max").fillna(0).astype("int64")
    equals = (leaf & (frame["fen"] == total)).groupby(measure).transform("any")
    several = leaf.groupby(measure).transform("sum") > 1
    added = frame["fen"].where(leaf, 0).groupby(measure).transform("sum")
    grains = frame["grain"].where(leaf, 0).groupby(measure).transform("sum")
    times = ((2 * added + total.abs()) // (2 * total.abs()).clip(lower=1)).where(total != 0, 0)
    repeated = (times >= 2) & (2 * (added - times * total).abs() <= grains + times * frame["grain"])
    heads = _find_heads_of_runs(frame["fen"].where(leaf, 0), measure).groupby(measure).transform("any")
    return frame.assign(doubt_levels=frame["is_first_total"] & several & (equals | repeated | heads))


def _find_heads_of_runs(fen: pd.Series, group: pd.Series) -> pd.Series:
    """True for amounts that are the sum of the next two or more in their group, amounts that are not counted being 0."""
    counted = fen[fen > 0]
    groups = group[counted.index]
    until = counted.groupby(groups).cumsum()
    place = counted.groupby(groups).cumcount()
    sums = pd.DataFrame({"group": groups, "sum": until, "place": place, "end": until + counted})
    met = sums.reset_index().merge(sums, left_on=["group", "end"], right_on=["group", "sum"], suffixes=("", "_end"))
    heads = met.loc[met["place_end"] >= met["place"] + 2, "index"]
    return pd.Series(fen.index.isin(heads), index=fen.index)


def _mark_heads(frame: pd.DataFrame) -> pd.DataFrame:
    """`is_head`: per measure the first total row with a number, or the top rows where the table prints no total."""
    measure = [frame[c] for c in [*MEASURE, "lane"]]
    has_total = frame["is_first_total"].groupby(measure).transform("any")
    return frame.assign(is_head=np.where(has_total, frame["is_first_total"], frame["is_top"]) & frame["is_main"])


def _mark_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """`fund_parent`, `kind_parent`, `item_parent`, and whether the parts printed may be some of several only."""
    table = ["table", "direction", "basis"]
    frame = frame.assign(holder=_name_holders(frame))
    frame = _add_ancestors(frame, "fund", FUND_ANCESTORS, [*table, "kind"])
    frame = _add_ancestors(frame, "kind", KIND_ANCESTORS, [*table, "fund"])
    frame = _add_ancestors(frame, "item", ITEM_ANCESTORS, [*table, "fund", "kind", "holder"])
    wider = (frame["table_type"] == THREE_PUBLIC) & frame["item"].isin(["meetings", "training"])
    frame["item_wider"] = pd.Series("", index=frame.index, dtype="str").mask(wider, "three_public_total")
    general = frame["fund"].eq("general_public_budget") & (frame["fund_parent"] == "fiscal_appropriation")
    has_general = general.groupby(frame["table"]).transform("any")
    return frame.assign(doubt_fund=frame["doubt_fund"] | ((frame["fund_parent"] == "fiscal_appropriation") & ~has_general))


def _name_holders(frame: pd.DataFrame) -> pd.Series:
    """What a set of three public expenses belongs to: a printed row where they stand side by side, else the table."""
    in_table = (frame["table_type"] == THREE_PUBLIC) & (frame["item"] != "")
    per_row = frame["item"].where(in_table).groupby(frame["row"]).transform("nunique")
    horizontal = (per_row > 1).groupby(frame["table"]).transform("any")
    return frame["row"].where(horizontal, -1)


def _add_ancestors(frame: pd.DataFrame, column: str, ancestors: Mapping[str, tuple[str, ...]], within: list[str]) -> pd.DataFrame:
    """Add `<column>_parent`, the nearest ancestor that a main line of the group has, and `doubt_<column>`: an only child."""
    group = frame.groupby(within, sort=False).ngroup()
    present = pd.MultiIndex.from_arrays([group[frame["is_main"]], frame.loc[frame["is_main"], column]]).unique()
    parent = pd.Series("", index=frame.index, dtype="str")
    for depth in range(max(map(len, ancestors.values()))):
        candidate = (
            frame[column].map({child: chain[depth] for child, chain in ancestors.items() if depth < len(chain)}).fillna("")
        )
        is_there = pd.MultiIndex.from_arrays([group, candidate]).isin(present)
        parent = parent.where((parent != "") | ~is_there, candidate)
    children = frame[column].where(frame["is_main"] & (parent != "")).groupby([group, parent]).transform("nunique")
    added: dict[Any, pd.Series] = {f"{column}_parent": parent, f"doubt_{column}": (children == 1) & (parent != "")}
    return frame.assign(**added)


def _mark_summary_roles(frame: pd.DataFrame) -> pd.DataFrame:
    """`role` in the two summaries; `block`: a printed column of amounts."""
    inside = frame["table_type"].isin(SUMMARIES)
    revenue = frame["direction"] == "revenue"
    role = pd.Series("", index=frame.index, dtype="str")
    role = role.mask(inside, "entry")
    role = role.mask(inside & revenue & ~frame["fund"].isin(["all", "current"]), "source")
    role = role.mask(inside & revenue & frame["fund"].isin(["carry_over", "balance_use"]), "opening")
    role = role.mask(inside & ~revenue & frame["kind"].isin(["carry_forward", "balance_distribution"]), "closing")
    role = role.mask(inside & frame["of_which"], "within")
    role = role.mask(inside & frame["is_total"], "grand")
    role = role.mask(inside & frame["item"].isin(["total_revenue", "total_expenditure"]), "grand")
    role = role.mask(inside & frame["item"].isin(["total_revenue_current", "total_expenditure_current"]), "current")
    frame = frame.assign(role=role, block=frame["column_number"])
    return _mark_blocks(_move_additions(_set_parts_aside(frame)))


def _mark_blocks(frame: pd.DataFrame) -> pd.DataFrame:
    """Which of a side's blocks its totals stand in, and which block has none; what leaves a revenue total in doubt."""
    revenue, is_total = frame["direction"] == "revenue", frame["role"].isin(["current", "grand"])
    block = [frame[c] for c in ("table", "direction", "block", "basis")]
    has_current = ((frame["role"] == "current") & frame["is_number"]).groupby(block).transform("any")
    is_year_total = (frame["role"] == "current") | ((frame["role"] == "grand") & ~has_current)
    entry = (frame["role"] == "entry") & frame["is_number"]
    orphan = frame["block"].where(entry & ~revenue & ~is_total.groupby(block).transform("any"))
    side = [frame[c] for c in ("table", "direction", "basis", "fund")]
    only_one = (orphan.groupby(side).transform("nunique") == 1) & (
        frame["block"].where(is_total).groupby(side).transform("nunique") == 1
    )
    orphan_block = orphan.groupby(side).transform("max").where(only_one & is_total, -1).astype("int64")
    kinds = [frame[c] for c in ("table", "direction", "basis", "fund", "kind")]
    first = frame["block"].where(is_total).groupby([*kinds, frame["role"]]).transform("min")
    is_first = is_total & (frame["block"] == first)
    width = frame["fund"].map({"all": 0, "fiscal_appropriation": 1}).fillna(2).where(is_first & (frame["kind"] == "total"))
    widest = width.groupby([*side[:3], frame["role"]]).transform("min")
    unknown = (frame["role"] == "entry") & revenue & (frame["row_kind"] == "item") & (frame["fen"] != 0)
    doubt_source = (unknown | frame["doubt_repeated"]).groupby(block).transform("any") & revenue & is_total
    return frame.assign(
        has_current=has_current,
        is_year_total=is_year_total,
        orphan_block=orphan_block,
        doubt_orphan=orphan_block != -1,
        is_only_block=frame["block"].where(entry).groupby(kinds).transform("nunique") == 1,
        is_first_block=is_first,
        is_widest=is_first & (width == widest),
        doubt_source=doubt_source,
    )


def _set_parts_aside(frame: pd.DataFrame) -> pd.DataFrame:
    """Revenue rows that another includes: `part` (一般公共预算 under 财政拨款), `within` (the same source below its subtotal).

    `doubt_repeated`: one source stands in several rows, none of them a subtotal.
    """
    counted = frame["role"].isin(["source", "opening"])
    block = [frame[c] for c in ("table", "direction", "block", "basis", "kind")]
    role = frame["role"]
    for whole, parts in (
        ("fiscal_appropriation", ["general_public_budget", "government_fund", "state_capital"]),
        (
            "unit_funds",
            ["institutional_revenue", "business_revenue", "superior_subsidy", "affiliate_remittance", "other_revenue"],
        ),
    ):
        has_whole = (counted & (frame["fund"] == whole)).groupby(block).transform("any")
        role = role.mask(counted & has_whole & frame["fund"].isin(parts), "part")
    counted = role.isin(["source", "opening"])
    same = [*block, frame["fund"]]
    times = frame["row"].where(counted).groupby(same).transform("nunique")
    has_subtotal = (counted & (frame["row_kind"] == "subtotal")).groupby(same).transform("any")
    role = role.mask(counted & (times > 1) & has_subtotal & (frame["row_kind"] != "subtotal"), "within")
    return frame.assign(role=role, doubt_repeated=counted & (times > 1) & ~has_subtotal)


def _move_additions(frame: pd.DataFrame) -> pd.DataFrame:
    """Sources printed below the year's revenue, where others stand above it, are added to it, as balances are: role `opening`.

    Some regions print 上级补助收入 and 附属单位上缴收入 between 本年收入合计 and 收入总计. Where the year's revenue heads its
    sources (一、本年收入) they all stand below it, and none is moved.
    """
    block = [frame[c] for c in ("table", "direction", "block", "basis")]
    is_source = frame["role"] == "source"
    current = frame["line_number"].where(frame["role"] == "current").groupby(block).transform("min")
    below = is_source & (frame["line_number"] > current)
    above = (is_source & (frame["line_number"] < current)).groupby(block).transform("any")
    return frame.assign(role=frame["role"].mask(below & above, "opening"))


def _name_classes(frame: pd.DataFrame) -> pd.Series:
    """Function class of rows that stand for one: by code, or in summaries by the name that the same document gives a class."""
    function = frame["function"]
    in_summary = frame["table_type"].isin(SUMMARIES) & (frame["role"] == "entry") & (frame["direction"] == "expenditure")
    by_code = pd.Series("", index=frame.index, dtype="str")
    by_code = by_code.mask(in_summary & (function.str.len() == 3), function)
    by_code = by_code.mask(frame["table_type"].isin(CODED_TABLES) & frame["is_top"], function.str[:3])
    known = frame.loc[function.str.len() == 3, ["document", "name", "function"]].drop_duplicates()
    unique = known[~known.duplicated(["document", "name"], keep=False)].set_index(["document", "name"])["function"]
    named = unique.reindex(pd.MultiIndex.from_arrays([frame["document"], frame["name"]])).fillna("").to_numpy()
    by_name = pd.Series(named, index=frame.index, dtype="str").where(in_summary & ~frame["is_coded"], "")
    return by_code.where(by_code != "", by_name.where(_is_first_of_its_name(frame, by_name), ""))


def _mark_classifications(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows that stand for a code (`is_code_row`, `is_economic_row`), and what a summary's block is sorted by (`block_class`)."""
    department = frame["econ_department_code"]
    usable = frame["table_type"].isin([*CODED_TABLES, *SUMMARIES]) & frame["is_main"]
    block = [frame[c] for c in ("table", "direction", "block", "basis")]
    has = {
        "function": ((frame["function"] != "") | (frame["class_code"] != "")).groupby(block).transform("any"),
        "econ_department": (department != "").groupby(block).transform("any"),
        "econ_government": (frame["econ_government_code"] != "").groupby(block).transform("any"),
    }
    return frame.assign(
        is_summary=frame["table_type"].isin(SUMMARIES),
        is_code_row=usable & (frame["function"] != "") & ~frame["is_detail"],
        is_economic_row=usable & (department != "") & (frame["function"] == ""),
        economic_class=department.str[:3],
        block_class=np.select(list(has.values()), list(has), default=""),
    )


def _is_first_of_its_name(frame: pd.DataFrame, by_name: pd.Series) -> pd.Series:
    """Names alone are trusted in the column where most of them are classes (其他支出 is an economic class too), once a column."""
    found = by_name != ""
    side = [frame[c] for c in ("table", "direction", "fund", "kind", "basis")]
    matches = by_name.where(found).groupby([*side, frame["block"]]).transform("nunique").fillna(0)
    best = matches == matches.groupby(side).transform("max")
    first_block = frame["block"].where(found & best).groupby(side).transform("min")
    in_block = found & (frame["block"] == first_block)
    again = pd.concat([*side, by_name], axis=1)[in_block].duplicated()
    return in_block & ~again.reindex(frame.index, fill_value=False)
