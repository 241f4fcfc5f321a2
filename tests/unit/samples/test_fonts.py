from pathlib import Path

from fontTools.ttLib import TTFont

from samples.fonts import find_font, list_characters


def test_the_cached_font_has_truetype_outlines_of_every_character():
    with TTFont(find_font("sans"), lazy=True) as font:
        assert "glyf" in font
        assert "CFF " not in font
        assert {chr(code) for code in font.getBestCmap()} >= list_characters()


def test_no_part_of_a_font_is_left_in_the_cache():
    assert not list(find_font("sans").parent.glob("*.part"))


def test_the_samples_words_are_all_covered():
    folder = Path(__file__).parents[3] / "samples"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.yml"))
    assert set(text) - list_characters() - {"\n"} == set()
