"""The metadata files of a release: `dcat.jsonld`, `dcat.ttl`, `schema.org.jsonld` and, where it can be right, `data.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.catalogue.data_json import describe_data_json
from warehouse.catalogue.dcat import describe_dcat, write_jsonld, write_turtle
from warehouse.catalogue.publisher import Publisher
from warehouse.catalogue.release import describe_catalogue
from warehouse.catalogue.schema_org import describe_schema_org


def write_metadata(root: Path, package: Mapping[str, Any], publisher: Publisher) -> dict[str, str]:
    """The texts by file name, from the descriptor of a release whose data files are there."""
    catalogue = describe_catalogue(root, package)
    dcat = describe_dcat(catalogue, publisher)
    texts = {
        "dcat.jsonld": write_jsonld(dcat),
        "dcat.ttl": write_turtle(dcat),
        "schema.org.jsonld": _to_json(describe_schema_org(catalogue, publisher)),
    }
    if data_json := describe_data_json(catalogue, publisher):
        texts["data.json"] = _to_json(data_json)
    return texts


def _to_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
