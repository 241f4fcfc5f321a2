"""robots.txt as RFC 9309 has it."""

import time

import pytest

from extractors.robots import parse_robots

SITE = "http://portal.example"


def allows(text: str, path: str, agent: str = "yusuan") -> bool:
    return parse_robots(text, agent).allows(SITE + path)


@pytest.mark.parametrize("text", ["", "User-agent: *\nDisallow:\n", "<html><body>404: not found</body></html>"])
def test_no_rule_forbids_nothing(text):
    assert allows(text, "/zwgk/")


def test_a_forbidden_folder_is_forbidden_and_its_neighbour_is_not():
    text = "User-agent: *\nDisallow: /admin/\n"
    assert not allows(text, "/admin/x")
    assert allows(text, "/administration")


def test_the_longest_rule_wins_and_allow_wins_a_tie():
    text = "User-agent: *\nDisallow: /zwgk\nAllow: /zwgk/czyjs\nDisallow: /a\nAllow: /a\n"
    assert allows(text, "/zwgk/czyjs/index.html")
    assert not allows(text, "/zwgk/other")
    assert allows(text, "/a")


def test_our_own_group_counts_instead_of_the_common_one():
    text = "User-agent: *\nDisallow: /\n\nUser-agent: Yusuan\nDisallow: /private\n"
    assert allows(text, "/zwgk/")
    assert not allows(text, "/private")


def test_two_names_share_a_group():
    assert not allows("User-agent: other\nUser-agent: yusuan\nDisallow: /\n", "/x")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/*.pdf$", "/a/b.pdf", True),
        ("/*.pdf$", "/a/b.pdf?x=1", False),
        ("/*.pdf", "/a/b.pdf?x=1", True),
        ("/a*b*c", "/aXbYc", True),
        ("/a*b*c", "/aXcYb", False),
        ("/end$", "/end", True),
        ("/end$", "/ending", False),
        ("/预算", "/%E9%A2%84%E7%AE%97/x", True),
    ],
)
def test_patterns(pattern, path, fits):
    assert allows(f"User-agent: *\nDisallow: {pattern}\n", path) is not fits


def test_the_delay_that_a_site_asks_for():
    assert parse_robots("User-agent: *\nCrawl-delay: 2.5\n", "yusuan").delay_seconds == 2.5


def test_a_hostile_pattern_costs_no_time():
    text = "User-agent: *\nDisallow: /" + "*a" * 5000 + "$\n"
    started = time.perf_counter()
    allows(text, "/" + "a" * 5000 + "b")
    assert time.perf_counter() - started < 1
