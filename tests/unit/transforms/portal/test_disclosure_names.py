"""What a disclosure is called where its title says nothing."""

import pytest
from made_rows import make_disclosure

from transforms.portal.disclosure_names import name_disclosure


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"title": "甲局2020年部门预算", "url": "甲局2020年部门预算.pdf"}, "甲局2020年部门预算"),
        ({"title": "2020_x_04d66f", "url": "2020_x_04d66f.pdf"}, "甲局2020年部门预算"),
        (
            {"title": "2020_x_04d66f", "url": "2020_x_04d66f.pdf", "phase": "final", "organisation_scope": "unit"},
            "甲局2020年单位决算",
        ),
        ({"title": "2020_x_04d66f", "url": "2020_x_04d66f.pdf", "fiscal_year": None}, "2020_x_04d66f"),
        ({"title": "关于_预算", "url": "https://example.org/a.pdf"}, "关于_预算"),
        ({"title": None, "url": "a.pdf", "phase": None}, "甲局"),
    ],
)
def test_a_name_says_whose_it_is(changed, name):
    row = {"document_id": "1", **make_disclosure("甲", department_name="甲局"), **changed}
    assert name_disclosure(row) == name
