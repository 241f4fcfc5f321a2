"""Build the documentation site: the pages of `docs/`, what stands at the root, and the reference made from the program.

    .venv/bin/python .ci/site.py

The sources are put together in `build/docs`; `zensical build --strict` makes `build/site` of them: a link to nothing fails it.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from flows.reference import write_reference

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "build" / "docs"
# Pages at the root by their place in the site; a link from a page to `docs/x.md` or `../README.md` is turned to it.
AT_ROOT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def main() -> int:
    """Put the sources together and build."""
    gather_sources()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(ROOT / "mkdocs.yml")]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  # our own interpreter and file
    if done.returncode == 0:
        print("site: build/site/index.html")
    return done.returncode


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


def turn_links(text: str, *, from_root: bool) -> str:
    """The text with its links to pages turned to where the site has them; a link to another file becomes its words."""

    def turn(match: re.Match[str]) -> str:
        words, target = match["words"], match["target"]
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        path, _, anchor = target.partition("#")
        plain = path.removeprefix("docs/") if from_root else path.removeprefix("../")
        place = AT_ROOT.get(plain, plain)
        if not place.endswith(".md"):
            return words
        return f"[{words}]({place}{f'#{anchor}' if anchor else ''})"

    return re.sub(r"\[(?P<words>[^\]\n]+)\]\((?P<target>[^)\s]+)\)", turn, text)


if __name__ == "__main__":
    sys.exit(main())
