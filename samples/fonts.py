"""The Chinese fonts of the samples: TrueType copies of the Noto fonts that come from PyPI, made once and kept in a cache.

Promise: `find_font` gives a path to a complete TrueType file. reportlab embeds TrueType outlines only and the package ships
CFF outlines, so the first call converts the characters of GB 2312 (a few seconds); the file is written aside and renamed, so
that two processes never see half a font. The cache is `$XDG_CACHE_HOME/yusuan/fonts` or `~/.cache/yusuan/fonts`.
"""

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import pylopdf_fonts_zh_cn
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

Face = Literal["sans", "serif"]
# Thousandths of an em: finer than any printer shows, coarse enough for a small file.
MAX_ERROR = 1.0
RECIPE = "1"
EXTRA = "“”‘’…—·①②③④⑤⑥⑦⑧⑨⑩≥≤×÷％＋－【】〔〕"


def find_font(face: Face) -> Path:
    """Path of the TrueType font, converted on first use."""
    path = find_cache_folder() / f"{face}-{pylopdf_fonts_zh_cn.__version__}-{RECIPE}.ttf"
    if not path.exists():
        _convert(face, path)
    return path


def find_cache_folder() -> Path:
    """Where the converted fonts are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "yusuan" / "fonts"


def _convert(face: Face, path: Path) -> None:
    source = pylopdf_fonts_zh_cn.sans_path() if face == "sans" else pylopdf_fonts_zh_cn.serif_path()
    # No time stamp: the same font gives the same bytes on every machine.
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["BASE", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(list_characters())))
    subsetter.subset(font)
    _replace_outlines(font)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        font.save(part)
    Path(part.name).replace(path)


@cache
def list_characters() -> frozenset[str]:
    """The characters that the fonts cover: ASCII, GB 2312 and a few marks."""
    characters = {chr(code) for code in range(32, 127)} | set(EXTRA)
    for row in range(0xA1, 0xF8):
        for column in range(0xA1, 0xFF):
            try:
                characters.add(bytes([row, column]).decode("gb2312"))
            except UnicodeDecodeError:  # a hole in the table
                continue
    return frozenset(characters)


def _replace_outlines(font: TTFont) -> None:
    """CFF curves to TrueType's quadratic ones."""
    glyph_set = font.getGlyphSet()
    order = font.getGlyphOrder()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(glyph_set)
        glyph_set[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder = order
    glyf.glyphs = glyphs
    del font["CFF "]
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in ("maxZones",):
        setattr(maxp, field, 1)
    for field in (
        "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
        "maxSizeOfInstructions", "maxComponentElements",
    ):  # fmt: skip
        setattr(maxp, field, 0)
    font["post"].formatType = 3.0
    font["head"].glyphDataFormat = 0
    font.sfntVersion = "\x00\x01\x00\x00"
