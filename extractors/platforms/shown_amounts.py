"""Whether a page itself shows the amounts of a budget: in tables, or as a drawing whose words are elements of their own.

Promise: pure, and in time linear in the page. Tables that only lay a page out, calendars and page numbers are none: a table
counts where it has words of accounts and cells that are numbers.
"""

import re

_WORDS = re.compile(r"科目|收入|支出|合计|总计|小计|万元|预算数|决算数")
# The innermost tables: what lays them out has no numbers of its own.
_TABLE = re.compile(r"<table\b(?:(?!</?table\b).)*</table>", re.IGNORECASE | re.DOTALL)
_SPACE = r"(?:\s|&nbsp;)*+"
_NUMBER = re.compile(rf">{_SPACE}-?\d[\d,，]*+(?:\.\d+)?{_SPACE}(?:万?元)?{_SPACE}<")
# Outside of tables stand counters, dates and days of calendars too; an amount has cents.
_AMOUNT = re.compile(rf">{_SPACE}-?\d[\d,，]*+\.\d\d{_SPACE}<")
_MIN_NUMBERS = 3
_MIN_AMOUNTS = 10


def shows_amounts(markup: str) -> bool:
    """True for the body of a page that shows a budget's amounts."""
    tables = (match[0] for match in _TABLE.finditer(markup))
    n_numbers = sum(len(_NUMBER.findall(table)) for table in tables if _WORDS.search(table))
    if n_numbers >= _MIN_NUMBERS:
        return True
    return len(_AMOUNT.findall(markup)) >= _MIN_AMOUNTS and _WORDS.search(markup) is not None
