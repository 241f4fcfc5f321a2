"""The index as a browser reads it: every pair of Chinese characters finds, nothing else is asked for."""

import json

from transforms.portal.search_index import LISTED, Entry, cut_grams, hash_name, make_index


def make_entry(words, address="documents/1/index.html", kind="document", **facts):
    return Entry(kind, (words,), "", address, **facts)


def read_index(entries):
    return {name: json.loads(content) for name, content in make_index(entries)}


def look_up(files, gram):
    """As portal.js does it: the file by the gram's hash, ids of ten digits, the entry by the id's hash."""
    count, joined = files[f"grams/{hash_name(gram) % files['index.json']['files']}.json"].get(gram, [0, ""])
    keys = [joined[start : start + 10] for start in range(0, len(joined), 10)]
    return count, [files[f"entries/{hash_name(key) % files['index.json']['files']}.json"][key][1][0] for key in keys]


def test_every_two_neighbouring_characters_find():
    files = read_index([make_entry("江汉区大数据中心2020年部门预算")])
    for gram in ("江汉", "数据", "据中", "预算", "2020"):
        assert look_up(files, gram) == (1, ["江汉区大数据中心2020年部门预算"]), gram
    assert look_up(files, "汉江") == (0, [])


def test_full_width_digits_and_capitals_are_the_same():
    assert {"2020", "pdf"} <= cut_grams("２０２０年ＰＤＦ")


def test_a_lone_character_is_a_gram_of_its_own():
    assert "年" in cut_grams("2020年")


def test_kinds_come_in_their_order_and_newer_years_first():
    entries = [
        make_entry("预算甲", "a", year=2020),
        make_entry("预算乙", "b", year=2026),
        make_entry("预算丙局", "c", kind="department"),
    ]
    assert look_up(read_index(entries), "预算")[1] == ["预算丙局", "预算乙", "预算甲"]


def test_facets_are_grams_that_no_text_has():
    files = read_index([make_entry("y:2020 k:document", "a"), make_entry("甲乙", "b", year=2020, phase="final", region="420103")])
    for gram in ("y:2020", "p:final", "r:420103"):
        assert look_up(files, gram) == (1, ["甲乙"]), gram


def test_a_frequent_gram_is_cut_short_and_says_how_many_there_are():
    files = read_index([make_entry(f"部门{number}", str(number)) for number in range(LISTED + 5)])
    count, found = look_up(files, "部门")
    assert (count, len(found)) == (LISTED + 5, LISTED)


def test_a_new_entry_changes_only_files_of_its_own_words():
    old = [make_entry(f"甲乙{chr(0x4E00 + number)}", str(number)) for number in range(100)]
    new = make_entry("丙丁", "new")
    before, after = dict(make_index(old)), dict(make_index([*old, new]))
    changed = {name for name in after if after[name] != before.get(name)}
    files = json.loads(after["index.json"])["files"]
    grams = {f"grams/{hash_name(gram) % files}.json" for gram in ("丙丁", "k:document")}
    assert changed == {"index.json", f"entries/{hash_name(new.key) % files}.json", *grams}


def test_the_hash_is_fnv_1a():
    # The published test vectors of FNV-1a, 32 bits.
    assert hash_name("") == 0x811C9DC5
    assert hash_name("a") == 0xE40C292C
    assert hash_name("foobar") == 0xBF9CF968
