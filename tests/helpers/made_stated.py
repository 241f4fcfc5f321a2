"""Made-up statements, checks of them, projects and targets of the document 甲."""

from made_rows import document_id_of

BOX = [10.0, 20.0, 110.0, 40.0]


def state(number, key="three_public.total", **changed):
    row = {
        "document_id": document_id_of("甲"),
        "statement_number": number,
        "statement_key": key,
        "subject": None,
        "value": "120000",
        "unit": "yuan",
        "amount_cny": None,
        "value_reported": "12万元",
        "period": "current",
        "direction": None,
        "reason": None,
        "page": 7,
        "bbox": BOX,
        "text_start": 1,
        "text_end": 5,
        "evidence": f"第{number}句：“三公”经费12万元",
        "line_ids": [],
    }
    return row | changed


def hold(number, left, right, **changed):
    row = {
        "document_id": document_id_of("甲"),
        "check_number": number,
        "check_id": "stated_amount",
        "check_subject": "amount · three_public.total · current",
        "unit": "yuan",
        "left_value": left,
        "right_value": right,
        "difference_value": "1",
        "envelope_value": "0",
        "outcome": "violated",
        "reason": None,
    }
    sides = ("statement_numbers", "line_ids", "target_numbers", "project_numbers")
    return row | {f"{side}_{name}": [] for side in ("left", "right") for name in sides} | changed


def promise(number, project=1):
    return {
        "document_id": document_id_of("甲"),
        "target_number": number,
        "table_id": f"{document_id_of('甲')}-001",
        "project_number": project,
        "indicator": f"指标{number}",
        "operator": "≥",
        "value": "50",
        "unit": "次",
        "is_prose": False,
        "value_reported": "≥50次",
        "page": 8,
        "bbox": BOX,
    }


def plan(number, purpose):
    return {
        "document_id": document_id_of("甲"),
        "project_number": number,
        "table_id": f"{document_id_of('甲')}-001",
        "project": f"工程{number}",
        "project_source": "target_sheet",
        "amount_cny": None,
        "amount_reported": "70.00",
        "unit_reported": "万元",
        "purpose": purpose,
        "target_count": 3,
        "line_ids": [],
        "page": 8,
        "bbox": BOX,
    }
