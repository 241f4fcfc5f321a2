"""Names of codes in one year, as the samples print them.

Promise: every name comes from the code lists of `warehouse`; a code that the year's list does not know raises LookupError.
"""

from functools import cache

from warehouse.codes import CodeEntry, Scheme, load_code_list

LEVEL_LENGTHS = (3, 5, 7)


@cache
def _entries_of_year(scheme: Scheme, year: int) -> dict[str, CodeEntry]:
    return {entry.code: entry for entry in load_code_list(scheme) if _is_valid(entry, year)}


def _is_valid(entry: CodeEntry, year: int) -> bool:
    return (entry.valid_from or 0) <= year <= (entry.valid_to or 9999)


def name_code(scheme: Scheme, code: str, year: int) -> str:
    """The name that `code` carries in `year`. Raises LookupError where that year's list has no such code."""
    entry = _entries_of_year(scheme, year).get(code)
    if entry is None:
        raise LookupError(f"code {code} is not in the {scheme} list of {year}")
    return entry.name


def list_classes(scheme: Scheme, year: int) -> tuple[str, ...]:
    """The three-digit codes of a year, in order."""
    return tuple(sorted(code for code in _entries_of_year(scheme, year) if len(code) == 3))


def expand_code(code: str) -> tuple[str, ...]:
    """The code and its ancestors, top first: 2010350 gives 201, 20103, 2010350."""
    return tuple(code[:length] for length in LEVEL_LENGTHS if length <= len(code))
