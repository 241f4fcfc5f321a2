"""Questions that add up what must not be added up as it stands.

Promise: a question that sums or averages over a table whose metadata declare a hazard, and does not name every column that must
be fixed or grouped by first, gets a sentence that says what goes wrong. A question that names them gets none: a warning that
comes always is read by nobody.
"""

import re
from collections.abc import Iterator

from warehouse.metadata.models import Hazard, load_resources

_ADDS_UP = re.compile(r"\b(sum|avg|mean|median|fsum|kahan_sum|sumkahan)\s*\(|\bpivot\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)


class AggregationWarning(UserWarning):
    """The answer counts some yuan more than once."""


def find_hazards(sql: str) -> Iterator[str]:
    """One sentence for each table over which the question adds up without fixing what must be fixed."""
    # What stands in quotes or in a comment names no table and fixes no column.
    bare = _QUOTED.sub(" ", sql)
    if not _ADDS_UP.search(bare):
        return
    named = {word.lower() for word in re.findall(r"\w+", bare)}
    for name, resource in load_resources().items():
        if resource.hazard is not None and name in named:
            missing = [column for column in resource.hazard.guards if column not in named]
            if missing:
                yield _say(name, resource.hazard, missing)


def _say(name: str, hazard: Hazard, missing: list[str]) -> str:
    return f"{name} must not be added up as it stands: {hazard.en}. The question neither fixes nor groups by {', '.join(missing)}"
