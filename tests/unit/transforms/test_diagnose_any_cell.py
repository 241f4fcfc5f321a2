"""Whatever cell of a sound table is changed: one cause is told, and the cell is it or is among the candidates."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proved_tables import change, diagnose, find_violated, make_document

SOUND = make_document("T3", "T5")
CELLS = sorted(line["line_id"] for line in SOUND)
few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(cell=st.sampled_from(CELLS), fen=st.integers(min_value=1, max_value=99_999))
def test_one_changed_cell_is_one_finding_that_names_it(cell: str, fen: int) -> None:
    printed = f"{fen // 100}.{fen % 100:02d}"
    lines = change(SOUND, {cell: printed})
    violated = find_violated(lines)
    findings = diagnose(lines, evaluate=None)
    assert sorted(number for finding in findings for number in finding["check_numbers"]) == violated
    if violated:
        (finding,) = findings
        assert cell in finding["line_ids"]
        assert finding["whose"] == "publisher" or len(finding["line_ids"]) > 1 or len(violated) == 1


@few
@given(cell=st.sampled_from(CELLS), fen=st.integers(min_value=1, max_value=99_999))
def test_the_reading_is_blamed_where_the_page_shows_what_fits(cell: str, fen: int) -> None:
    printed = f"{fen // 100}.{fen % 100:02d}"
    true = next(line["amount_reported"] for line in SOUND if line["line_id"] == cell)
    lines = change(SOUND, {cell: printed})
    accusing = [finding for finding in diagnose(lines, other={cell: true}, evaluate=None) if finding["line_ids"][:1] == [cell]]
    assert all(finding["whose"] in {"extraction", "undecided"} for finding in accusing)
