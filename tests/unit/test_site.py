"""The documentation site: builds, and no link leads to nothing; its reference names everything that there is."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from flows.reference import write_findings, write_identities, write_reference, write_settings, write_tables

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site():
    spec = importlib.util.spec_from_file_location("site_builder", ROOT / ".ci" / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_builds_and_no_link_leads_to_nothing(site):
    assert site.main() == 0
    for page in ("index.html", "tutorial.html", "reference/commands.html", "reference/tables.html"):
        assert (ROOT / "build/site" / page).is_file()


def test_a_link_to_nothing_fails_the_build(site, monkeypatch):
    gather = site.gather_sources

    def gather_with_a_broken_link():
        gather()
        page = site.SOURCES / "tutorial.md"
        page.write_text(page.read_text(encoding="utf-8") + "\n[x](nothing.md)\n", encoding="utf-8")

    monkeypatch.setattr(site, "gather_sources", gather_with_a_broken_link)
    assert site.main() != 0


@pytest.mark.parametrize(
    ("text", "from_root", "turned"),
    [
        ("[a](docs/reading.md)", True, "[a](reading.md)"),
        ("[a](CONTRIBUTING.md#x)", True, "[a](contributing.md#x)"),
        ("[a](../README.md)", False, "[a](index.md)"),
        ("[a](../notebooks/x.py)", False, "[a](notebooks/x.md)"),
        ("[a](https://example.org/x.md)", False, "[a](https://example.org/x.md)"),
        ("[a](../transforms/identities.yml)", False, "a"),
    ],
)
def test_links_are_turned_to_their_place_in_the_site(site, text, from_root, turned):
    assert site.turn_links(text, from_root=from_root) == turned


def test_every_page_stands_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", str(yaml.safe_load(text)["nav"])))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= listed


def test_an_anchor_that_is_not_there_fails_the_build(site, tmp_path):
    (tmp_path / "a.html").write_text('<h1 id="top">x</h1><a href="b.html#there">x</a><a href="#top">x</a>', encoding="utf-8")
    (tmp_path / "b.html").write_text('<h1 id="there">x</h1><a href="a.html#gone">x</a><a href="c.png">x</a>', encoding="utf-8")
    assert list(site.find_dead_links(tmp_path)) == [
        "b.html links a.html#gone: no such anchor",
        "b.html links c.png: no such file",
    ]


def test_the_reference_names_everything_there_is():
    pages = write_reference()
    assert all(f"## `yusuan {name}`" in pages["commands.md"] for name in ("run", "checks", "findings", "sources check"))
    assert "YUSUAN_WAREHOUSE" in write_settings()
    assert "`out_spending_by_function`" in write_tables()
    assert "### `level_sum`" in write_identities()
    assert "| `unreadable-amount` |" in write_findings()
