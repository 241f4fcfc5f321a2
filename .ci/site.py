"""Build the documentation site: the pages of `docs/`, what stands at the root, and the reference made from the program.

    .venv/bin/python .ci/site.py

The sources are put together in `build/docs`; `zensical build --strict` makes `build/site` of them: a link to a page that is not
there fails it. Then the pages as built are read: a link to a file or to an anchor that is not there fails it, too.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jupytext
from selectolax.lexbor import LexborHTMLParser

from flows.reference import write_reference
from notebooks import list_notebooks, render_page

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "build" / "docs"
SITE = ROOT / "build" / "site"
RESULTS = ROOT / "build" / "notebooks"
# Pages at the root by their place in the site; a link from a page to `docs/x.md` or `../README.md` is turned to it.
AT_ROOT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def main() -> int:
    """Put the sources together and build."""
    gather_sources()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(ROOT / "mkdocs.yml")]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  # our own interpreter and file
    if done.returncode != 0:
        return done.returncode
    dead = list(find_dead_links(SITE))
    for sentence in dead:
        print(f"site: {sentence}", file=sys.stderr)
    if dead:
        return 1
    print("site: build/site/index.html")
    return 0


def gather_sources() -> None:
    """Copy the pages into `build/docs`, links turned to their new places, and write the reference beside them."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    (SOURCES / "reference").mkdir(parents=True)
    for page in sorted((ROOT / "docs").glob("*.md")):
        (SOURCES / page.name).write_text(turn_links(page.read_text(encoding="utf-8"), from_root=False), encoding="utf-8")
    for name, place in AT_ROOT.items():
        (SOURCES / place).write_text(turn_links((ROOT / name).read_text(encoding="utf-8"), from_root=True), encoding="utf-8")
    for name, text in write_reference().items():
        (SOURCES / "reference" / name).write_text(text, encoding="utf-8")
    for path in list_notebooks():
        (SOURCES / "notebooks").mkdir(exist_ok=True)
        (SOURCES / "notebooks" / f"{path.stem}.md").write_text(take_results(path), encoding="utf-8")


def take_results(path: Path) -> str:
    """The page of a notebook with its results; where it was not run since it was written, the page says so."""
    page = RESULTS / f"{path.stem}.md"
    if page.is_file() and page.stat().st_mtime >= path.stat().st_mtime:
        return page.read_text(encoding="utf-8")
    return f"{render_page(jupytext.read(path))}\n**Built without results: `make docs` runs the notebooks.**\n"


def find_dead_links(site: Path) -> Iterator[str]:
    """One sentence for each link of a built page to a file or an anchor of the site that is not there."""
    pages = {path: LexborHTMLParser(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    anchors = {path: {node.attributes["id"] for node in page.css("[id]")} for path, page in pages.items()}
    for path, page in pages.items():
        # The page for an address that is nowhere is served under any address; its links are absolute.
        if path.name == "404.html":
            continue
        for target in dict.fromkeys(node.attributes.get("href") or "" for node in page.css("a[href]")):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            found = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            where = f"{path.relative_to(site)} links {target}"
            if not found.exists():
                yield f"{where}: no such file"
            elif parts.fragment and found in anchors and unquote(parts.fragment) not in anchors[found]:
                yield f"{where}: no such anchor"


def turn_links(text: str, *, from_root: bool) -> str:
    """The text with its links to pages turned to where the site has them; a link to another file becomes its words."""

    def turn(match: re.Match[str]) -> str:
        words, target = match["words"], match["target"]
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        path, _, anchor = target.partition("#")
        plain = path.removeprefix("docs/") if from_root else path.removeprefix("../")
        place = re.sub(r"^(notebooks/\w+)\.py$", r"\1.md", AT_ROOT.get(plain, plain))
        if not place.endswith(".md"):
            return words
        return f"[{words}]({place}{f'#{anchor}' if anchor else ''})"

    return re.sub(r"\[(?P<words>[^\]\n]+)\]\((?P<target>[^)\s]+)\)", turn, text)


if __name__ == "__main__":
    sys.exit(main())
