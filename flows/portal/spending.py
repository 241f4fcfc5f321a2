"""What can safely be added up, read from the `out_` views: spending by function and by economic class, and the three public
expenses.

Promise: no sum is made here that the views do not allow; rows of several funds, phases or years are never added together. These
rows are a few dozen a document, so that all of them fit into memory where the lines would not.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import duckdb

from flows.portal.reading import list_rows
from warehouse.records import Row

K = TypeVar("K", bound=Hashable)
_FUNCTION = """
    select document_id, region_code, region_name, department_id, department_name, fiscal_year, phase, fund_type,
        function_code as code, function_name as name, function_class_code as class_code, function_class_name as class_name,
        amount_cny
    from out_spending_by_function order by all"""
_ECONOMIC = """
    select document_id, region_code, region_name, department_id, department_name, fiscal_year, phase, fund_type,
        econ_scheme as scheme, econ_code as code, econ_name as name, econ_class_code as class_code,
        econ_class_name as class_name, amount_cny
    from out_spending_by_economic order by all"""
_THREE_PUBLIC = """
    select document_id, department_id, fiscal_year, phase, fund_type, amount_basis, item_key, item_name, amount_cny, line_id, page
    from out_three_public where amount_cny is not null order by all"""


@dataclass(frozen=True, slots=True)
class Spending:
    """All rows of the three views."""

    by_function: list[Row]
    by_economic: list[Row]
    three_public: list[Row]


def read_spending(tables: duckdb.DuckDBPyConnection) -> Spending:
    """The rows as the warehouse has them."""
    return Spending(*(list_rows(tables.sql(question)) for question in (_FUNCTION, _ECONOMIC, _THREE_PUBLIC)))


def group_rows(rows: Iterable[Row], key: Callable[[Row], K]) -> Mapping[K, list[Row]]:
    """Rows by a key, in their order."""
    grouped: dict[K, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    return grouped
