"""One case for each cause that the diagnosis knows, and who is blamed for it."""

from decimal import Decimal

import pytest
from proved_tables import ROWS, change, diagnose, find_violated, make_appropriations, make_document, make_row_line, prove

from transforms.diagnose import DIAGNOSES
from transforms.explanations import CELL_KINDS
from warehouse.issues import load_finding_kinds

SOUND = make_document()
CELL = "d1-T3-4-3"  # 2050201, basic: 30.10


def only(findings):
    assert [finding["finding_kind"] for finding in findings] == [findings[0]["finding_kind"]], findings
    return findings[0]


def list_checks(findings):
    return sorted(number for finding in findings for number in finding["check_numbers"])


def drop_row(lines, table, number):
    return prove([line for line in lines if not (line["table_id"] == f"d1-{table}" and line["line_number"] == number)])


def test_every_kind_is_in_the_catalogue():
    assert set(DIAGNOSES) | {"unexplained-violation"} <= set(load_finding_kinds())


def test_nothing_is_said_of_a_sound_document_and_nothing_is_read_again():
    def never(places):
        raise AssertionError("nothing is in question")

    assert diagnose(SOUND, reread=never, evaluate=never) == []


@pytest.mark.parametrize(
    ("printed", "kind", "words"),
    [
        ("36.10", "cell-digit", "digit 2 is a 6 and should be a 0"),
        ("3.10", "cell-digit", "a digit 0 is missing"),
        ("-30.10", "cell-sign", "the sign is the other one"),
        ("3010", "cell-point", "the decimal point is out by 2 places"),
        ("11.73", "cell-value", "more than one digit differs"),
    ],
)
def test_one_wrong_cell_is_found_with_its_value(printed, kind, words):
    lines = change(SOUND, {CELL: printed})
    finding = only(diagnose(lines))
    assert (finding["finding_kind"], finding["line_ids"]) == (kind, [CELL])
    assert (Decimal(finding["fitting_value"]), finding["page"]) == (Decimal(301000), 1)
    assert words in finding["message"]
    assert finding["check_numbers"] == find_violated(lines)


def test_the_publisher_is_blamed_where_the_cell_shows_the_same_again():
    finding = only(diagnose(change(SOUND, {CELL: "36.10"})))
    assert finding["whose"] == "publisher"
    assert "read again it shows the same" in finding["message"]


def test_the_reading_is_blamed_where_another_way_of_reading_shows_the_value_that_fits():
    finding = only(diagnose(change(SOUND, {CELL: "36.10"}), other={CELL: "30.10"}))
    assert finding["whose"] == "extraction"


def test_nobody_is_blamed_where_the_ways_of_reading_see_three_values():
    finding = only(diagnose(change(SOUND, {CELL: "36.10"}), other={CELL: "38.10"}))
    assert finding["whose"] == "undecided"


def test_nobody_is_blamed_for_a_cell_that_was_not_read_again():
    finding = only(diagnose(change(SOUND, {CELL: "36.10"}), reread=None))
    assert (finding["whose"], "not read again" in finding["message"]) == ("undecided", True)


def test_a_text_that_is_no_amount_does_not_speak_for_the_cell():
    finding = only(diagnose(change(SOUND, {CELL: "36.10"}), other={CELL: "三十"}))
    assert finding["whose"] == "undecided"


def test_a_reading_that_was_not_taken_tells_which_of_several_cells_is_wrong():
    """20502 has one printed parent only, so that its total and the parts would explain the failing sum alike."""
    rows = [("", "1.40"), ("205", "1.40"), ("208", "0.90")]
    lines = prove([make_row_line("T3", n, 2, code, "total", amount) for n, (code, amount) in enumerate(rows, 1)])
    lines = [line | {"extractor": "pdfium-grid"} if line["function_code"] == "205" else line for line in lines]
    assert {finding["whose"] for finding in diagnose(lines)} == {"undecided"}
    finding = only(diagnose(lines, other={"d1-T3-2-2": "0.50"}))
    assert (finding["whose"], finding["line_ids"], finding["fitting_value"]) == ("extraction", ["d1-T3-2-2"], "5000.00")


def slip_unit():
    """The general budget in yuan under 万元, beside a summary of appropriations that has its total and its classes."""
    lines = [*make_appropriations(), *make_document("T5")]
    return change(lines, {line["line_id"]: str(line["amount_cny"]) for line in lines if line["table_id"] == "d1-T5"})


def test_a_table_in_the_wrong_unit():
    lines = slip_unit()
    finding = only(diagnose(lines))
    assert finding["finding_kind"] == "unit-slip"
    assert "by a factor of 10,000" in finding["message"]
    assert finding["check_numbers"] == find_violated(lines)


def test_a_unit_that_is_not_stated_at_the_table_blames_nobody():
    finding = only(diagnose(slip_unit(), unit_sources={"d1-T5": "inherited", "d1-T4": "inherited"}))
    assert finding["whose"] == "undecided"


def test_neighbours_that_stand_in_each_others_place():
    finding = only(diagnose(change(SOUND, {"d1-T3-8-2": "43.10", "d1-T3-9-2": "29.40"})))
    assert (finding["finding_kind"], finding["whose"]) == ("neighbours-swapped", "publisher")
    assert set(finding["line_ids"]) == {"d1-T3-8-2", "d1-T3-9-2"}


def test_a_swap_that_two_columns_explain_blames_nobody():
    """2050201 and 2050202 have the same basic expenditure: their totals have changed places, or their projects."""
    finding = only(diagnose(change(SOUND, {"d1-T3-4-2": "51.20", "d1-T3-5-2": "40.15"})))
    assert (finding["finding_kind"], finding["whose"]) == ("neighbours-swapped", "undecided")
    assert {"d1-T3-4-2", "d1-T3-5-2", "d1-T3-4-4", "d1-T3-5-4"} == set(finding["line_ids"])


def test_a_run_that_stands_a_row_too_low():
    amounts = [row[1] for row in ROWS.values()]
    shifted = {f"d1-T3-{number}-3": amounts[number - 2] for number in range(5, 10)} | {"d1-T3-4-3": ""}
    findings = diagnose(change(SOUND, shifted))
    assert findings[0]["finding_kind"] == "column-shifted"
    assert {"d1-T3-6-3", "d1-T3-8-3"} <= set(findings[0]["line_ids"])
    assert not {finding["finding_kind"] for finding in findings} & CELL_KINDS


def test_what_else_fails_in_a_table_with_a_displaced_run_has_no_small_cause():
    amounts = [row[1] for row in ROWS.values()]
    shifted = {f"d1-T3-{number}-3": amounts[number - 2] for number in range(5, 10)} | {"d1-T3-4-3": "", "d1-T3-2-2": "95.00"}
    shifted |= {"d1-T3-2-3": "63.85"}
    lines = change(SOUND, shifted)
    findings = diagnose(lines)
    assert {finding["finding_kind"] for finding in findings} <= {"column-shifted", "unexplained-violation"}
    assert list_checks(findings) == find_violated(lines)


def test_a_row_that_the_table_lacks():
    findings = diagnose(drop_row(SOUND, "T3", 8))
    finding = only(findings)
    assert (finding["finding_kind"], finding["whose"]) == ("row-missing", "publisher")
    assert "lack a row of 29.4, 20.3, 9.1 万元" in finding["message"]
    assert "2080505" in finding["message"]


def test_nobody_is_blamed_for_a_missing_row_where_the_page_has_unread_amounts():
    finding = only(diagnose(drop_row(SOUND, "T3", 8), complete_pages=frozenset({2})))
    assert finding["whose"] == "undecided"


def test_a_row_that_the_total_leaves_out_is_one_cause_with_the_rows_below_it():
    left_out = {"d1-T3-1-2": "91.35", "d1-T3-1-3": "60.20", "d1-T3-1-4": "31.15"}
    finding = only(diagnose(change(make_document("T3"), left_out)))
    assert (finding["finding_kind"], finding["whose"]) == ("row-missing", "publisher")
    assert "208 科目208" in finding["message"]
    assert "the sums above it leave it out" in finding["message"]


def double_row(lines, *, move):
    again = [line | {"line_number": 8.5, "line_id": f"{line['line_id']}-again"} for line in lines if "-T3-8-" in line["line_id"]]
    again = [line | {"bbox": [line["bbox"][0], 175.0, line["bbox"][2], 179.0]} if move else line for line in again]
    return prove([*lines, *again])


def test_a_row_that_is_printed_twice():
    finding = only(diagnose(double_row(SOUND, move=True)))
    assert (finding["finding_kind"], finding["whose"]) == ("row-doubled", "publisher")


def test_a_row_that_was_read_twice_from_one_place_is_our_error():
    finding = only(diagnose(double_row(SOUND, move=False)))
    assert (finding["finding_kind"], finding["whose"]) == ("row-doubled", "extraction")


def test_a_code_that_stands_a_level_too_high():
    lines = prove([line | {"function_code": "20805"} if "-T3-9-" in line["line_id"] else line for line in SOUND])
    finding = next(finding for finding in diagnose(lines) if finding["finding_kind"] == "code-level")
    assert set(finding["line_ids"]) == {"d1-T3-9-2", "d1-T3-9-3", "d1-T3-9-4"}
    assert finding["whose"] == "publisher"
    assert finding["check_numbers"] == find_violated(lines)


def test_an_inferred_code_at_another_level_blames_nobody():
    demoted = {"function_code": "20805", "code_source": "inferred"}
    lines = prove([line | demoted if "-T3-9-" in line["line_id"] else line for line in SOUND])
    finding = next(finding for finding in diagnose(lines) if finding["finding_kind"] == "code-level")
    assert finding["whose"] == "undecided"


def test_a_last_digit_over_the_envelope_in_a_document_that_rounds():
    lines = make_document("T3")
    # Sums of two parts that are a last digit off: so rounds who rounds each amount on its own.
    rounded = {"d1-T3-2-2": "91.36", "d1-T3-3-2": "91.36", "d1-T3-6-2": "72.49", "d1-T3-7-2": "72.49"}
    lines = change(lines, rounded | {"d1-T3-1-2": "163.88"})
    findings = diagnose(lines)
    assert {finding["finding_kind"] for finding in findings} == {"publisher-rounding"}
    assert list_checks(findings) == find_violated(lines)


def test_two_errors_that_have_nothing_to_do_with_each_other_are_two_findings():
    findings = diagnose(change(SOUND, {CELL: "36.10", "d1-T5-8-4": "9.70"}))
    assert [finding["line_ids"] for finding in findings] == [[CELL], ["d1-T5-8-4"]]


def test_what_no_cause_explains_is_told_once_and_names_no_line():
    lines = change(make_document("T3"), {"d1-T3-2-2": "95.00", "d1-T3-4-3": "17.77", "d1-T3-7-4": "12.34", "d1-T3-1-2": "1.99"})
    findings = diagnose(lines)
    assert list_checks(findings) == find_violated(lines)
    assert all(not finding["line_ids"] for finding in findings if finding["finding_kind"] == "unexplained-violation")
