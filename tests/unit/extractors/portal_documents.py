"""Small documents for portals of tests: cheap to draw, with the shape of a sample disclosure."""

from dataclasses import dataclass

ORDINALS = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True)
class SmallDocument:
    """A document whose bytes tell its id."""

    id: str
    title: str
    department: str
    year: int
    phase: str = "budget"
    region_code: str = "420103"

    def draw(self) -> bytes:
        return b"%PDF-1.4\n% " + self.id.encode() * 50 + b"\n%%EOF\n"


def make_documents(count: int) -> list[SmallDocument]:
    """Documents d0, d1, … of 示例甲局, 示例乙局, …"""
    names = [f"示例{mark}局" for mark in ORDINALS[:count]]
    return [SmallDocument(f"d{n}", f"{name}{2020 + n % 5}年部门预算", name, 2020 + n % 5) for n, name in enumerate(names)]
