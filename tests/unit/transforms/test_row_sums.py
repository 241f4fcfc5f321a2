"""Levels from arithmetic alone."""

from decimal import Decimal

from transforms.row_sums import find_heads


def find(values: list[str], total: str | None, depths: list[int] | None = None) -> list[int]:
    rows = [(Decimal(value),) for value in values]
    return sorted(find_heads(rows, depths or [0] * len(rows), (Decimal(total),) if total else None))


def test_group_over_its_items() -> None:
    assert find(["5.00", "2.00", "3.00", "4.00"], "9.00") == [0]


def test_groups_in_groups() -> None:
    assert find(["9.00", "5.00", "2.00", "3.00", "4.00"], "9.00") == [0, 1]


def test_coincidence_that_the_total_contradicts_is_no_level() -> None:
    assert find(["5.00", "2.00", "3.00"], "10.00") == []


def test_two_equal_items_are_two_items() -> None:
    assert find(["4.00", "4.00", "1.00"], "9.00") == []


def test_a_group_of_one_item() -> None:
    assert find(["4.00", "4.00", "1.00"], "5.00") == [0]


def test_a_row_named_in_an_outer_column_is_never_below() -> None:
    assert find(["4.00", "4.00"], "4.00", depths=[1, 0]) == []


def test_rounding_of_the_parts() -> None:
    assert find(["5.01", "2.00", "3.00"], "5.01") == [0]


def test_without_a_total_only_the_first_row_can_be_the_sum() -> None:
    assert find(["9.00", "4.00", "5.00"], None) == [0]
    assert find(["4.00", "9.00", "5.00"], None) == []


def test_every_column_has_to_add_up() -> None:
    rows = [(Decimal("5.00"), Decimal("1.00")), (Decimal("2.00"), Decimal("1.00")), (Decimal("3.00"), Decimal("9.00"))]
    assert find_heads(rows, [0, 0, 0], (Decimal("5.00"), Decimal("1.00"))) == frozenset()


def test_too_long_a_list_is_left_alone() -> None:
    assert find(["0.00"] * 700, "0.00") == []


def test_many_equal_amounts_end_soon() -> None:
    assert find(["1.00"] * 300, "300.00") == []


def test_equal_amounts_are_read_so_that_all_items_stand_on_one_level() -> None:
    """西安市公安局 2026, ec8af3 page 39: two classes of one project each, all of 200,000."""
    values = ["6850", "550", "550", "200", "200", "200", "200", "5000", "5000", "900", "600", "300"]
    assert find(values, "6850") == [0, 1, 3, 5, 7, 9]


def test_equal_amounts_without_one_level_stay_undecided() -> None:
    assert find(["400", "200", "200", "200", "200", "100"], "500") == [0]
