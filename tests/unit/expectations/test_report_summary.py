from types import SimpleNamespace

import pytest

from expectations.summary import _give_verdict, link_page


@pytest.mark.parametrize(
    ("url", "page", "expected"),
    [
        ("https://portal.example/a.pdf", 3, "https://portal.example/a.pdf#page=3"),
        ("https://portal.example/a.pdf#top", 3, "https://portal.example/a.pdf#page=3"),
        ("https://portal.example/预算.pdf", None, "https://portal.example/%E9%A2%84%E7%AE%97.pdf"),
        ("https://portal.example/%E9%A2%84.pdf", None, "https://portal.example/%E9%A2%84.pdf"),
        ('https://portal.example/"><script>', None, "https://portal.example/%22%3E%3Cscript%3E"),
        ("2020_预算.pdf", 3, None),
        ("javascript:alert(1)", 3, None),
        (None, 3, None),
    ],
)
def test_a_page_is_linked_where_the_document_has_an_address(url: str | None, page: int | None, expected: str | None):
    assert link_page(url, page) == expected


@pytest.mark.parametrize(
    ("status", "verdict"), [("loaded", "clean"), ("doubtful", "doubtful"), ("refused", "refused"), (None, "clean")]
)
def test_a_document_without_failures_keeps_the_doubt_of_its_reading(status: str | None, verdict: str):
    passed = SimpleNamespace(rejected={}, flagged={})
    assert _give_verdict(passed, "0" * 16, status) == verdict
