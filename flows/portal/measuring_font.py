"""The font by which Vega measures the words of charts: as wide as Noto Sans SC, and a hundredth of its size.

Promise: Latin, Greek and punctuation have the widths and the kerning of the font that comes from PyPI, and all Chinese characters
share the one square that each of them fills, so that charts are laid out as with the whole font. Vega opens the font again for
every word that it measures; with the whole one that took two thirds of the time of a chart. Nothing is drawn with it: a chart's
words stay text. It is made once, in about a second, aside and renamed, and kept in the cache of the samples' fonts.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pylopdf_fonts_zh_cn
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from samples.fonts import find_cache_folder

RECIPE = "1"
_NARROW = (range(0x20, 0x250), range(0x370, 0x400), range(0x2000, 0x2070), range(0x20A0, 0x2200), range(0x2460, 0x2474))
_WIDE = (range(0x3000, 0x3100), range(0xFF00, 0xFFF0))
_IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))
_SQUARE = 0x4E00  # 一


def find_measuring_font() -> Path:
    """The folder that holds nothing but this font, made on first use."""
    folder = find_cache_folder() / f"measuring-{pylopdf_fonts_zh_cn.__version__}-{RECIPE}"
    if not folder.is_dir():
        _make_font(folder)
    return folder


def _make_font(folder: Path) -> None:
    font = TTFont(pylopdf_fonts_zh_cn.sans_path(), recalcTimestamp=False)
    options = Options()
    options.layout_features = ["kern"]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*_list_codes(_NARROW), *_list_codes(_WIDE), _SQUARE])
    subsetter.subset(font)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap |= dict.fromkeys(_list_codes(_IDEOGRAPHS), table.cmap[_SQUARE])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as aside:
        made = Path(aside) / "font"
        made.mkdir()
        font.save(made / "NotoSansSC-widths.otf")
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process has made it meanwhile
                raise


def _list_codes(ranges: tuple[range, ...]) -> Iterator[int]:
    for codes in ranges:
        yield from codes
