"""The benchmark of the text's cost counts what it says it counts."""

import time

from benchmarks.text import LIMIT, Share, describe_shares, find_highest, find_median, measure_shares
from samples.library import sample_disclosures


def test_text_and_targets_of_a_sample_are_measured_inside_its_reading(tmp_path):
    sample = min(sample_disclosures(), key=lambda sample: len(sample.draw()))
    path = tmp_path / "sample.pdf"
    path.write_bytes(sample.draw())
    started = time.process_time()
    [share] = measure_shares([path])
    spent = time.process_time() - started
    assert share.name == "sample.pdf"
    assert share.status in {"loaded", "doubtful"}
    assert 0 < share.text < share.whole
    assert share.text + share.targets < share.whole <= spent
    assert share.together < LIMIT


def test_a_file_with_text_alone_is_in_no_median():
    shares = [Share("a.pdf", 9, "loaded", 2.0, 0.1, 0.1), Share("b.pdf", 9, "refused", 1.0, 0.9, 0.0)]
    assert find_median(shares) == find_highest(shares) == 0.1
    assert find_highest([*shares, Share("c.pdf", 9, "doubtful", 1.0, 0.2, 0.2)]) == 0.4
    told = "\n".join(describe_shares(shares))
    assert "median 10.0% of 1 documents with tables" in told
    assert "90.0%" in told


def test_nothing_measured_is_told_and_is_no_zero_median():
    assert list(describe_shares([]))[-1] == "no document with tables: no median"
