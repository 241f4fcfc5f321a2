"""What a site's robots.txt allows (RFC 9309).

Promise: the group of our name counts, else that of `*`; the longest rule that fits wins, allow before disallow.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

# RFC 9309 asks for at least 500 KiB; what stands behind is not read.
_MAX_CHARACTERS = 512 * 1024


@dataclass(frozen=True, slots=True)
class RobotRules:
    """Rules in force for us: (is_allowed, path pattern) pairs, and the delay that the site asks for."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay_seconds: float | None = None

    def allows(self, url: str) -> bool:
        """True where no rule fits or the longest that fits allows."""
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
        fitting = [(len(pattern), is_allowed) for is_allowed, pattern in self.rules if _fits(pattern, path)]
        return max(fitting)[1] if fitting else True


ALLOW_ALL = RobotRules()


def parse_robots(text: str, agent: str) -> RobotRules:
    """The rules for `agent` (a product name, case does not matter). Lines that say nothing known are passed over."""
    groups = _read_groups(text[:_MAX_CHARACTERS])
    ours = [group for names, group in groups if agent.lower() in names]
    chosen = ours or [group for names, group in groups if "*" in names]
    rules = tuple(rule for group in chosen for rule in group.rules)
    delays = [group.delay_seconds for group in chosen if group.delay_seconds is not None]
    return RobotRules(rules, max(delays) if delays else None)


def _read_groups(text: str) -> list[tuple[set[str], RobotRules]]:
    groups: list[tuple[set[str], RobotRules]] = []
    names: set[str] = set()
    rules: list[tuple[bool, str]] = []
    delay: float | None = None
    is_open = False
    for key, value in _read_lines(text):
        if key == "user-agent":
            if is_open:
                groups.append((names, RobotRules(tuple(rules), delay)))
                names, rules, delay, is_open = set(), [], None, False
            names.add(value.lower())
        elif key in ("allow", "disallow"):
            is_open = True
            # An empty Disallow forbids nothing.
            if value:
                rules.append((key == "allow", unquote(value)))
        elif key == "crawl-delay" and re.fullmatch(r"\d+(\.\d+)?", value):
            is_open, delay = True, float(value)
    return [*groups, (names, RobotRules(tuple(rules), delay))]


def _read_lines(text: str) -> list[tuple[str, str]]:
    lines = (line.split("#")[0].partition(":") for line in text.lstrip("\ufeff").splitlines())
    return [(key.strip().lower(), value.strip()) for key, colon, value in lines if colon]


def _fits(pattern: str, path: str) -> bool:
    """`*` is anything, a final `$` is the end. Matched piece by piece: a hostile pattern costs no more than its length."""
    is_anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    for number, piece in enumerate(rest, start=1):
        if is_anchored and number == len(rest):
            return path.endswith(piece) and len(path) - len(piece) >= position
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return not is_anchored or position == len(path)
