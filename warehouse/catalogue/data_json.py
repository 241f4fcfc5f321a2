"""`data.json`: a release in the Project Open Data schema 1.1 (DCAT-US), which many harvesters read.

Promise: written only where it can be right: that schema wants a web address of every file and a mail address of who answers.
"""

from typing import Any

from warehouse.catalogue.publisher import Publisher
from warehouse.catalogue.release import Catalogue, DataFile, DataSet

_SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"


def describe_data_json(catalogue: Catalogue, publisher: Publisher) -> dict[str, Any] | None:
    """The document, or None where the publisher has no address or no mail."""
    if not (publisher.address and publisher.email):
        return None
    return {
        "@context": f"{_SCHEMA}/catalog.jsonld",
        "@id": f"{publisher.locate(catalogue.version)}data.json",
        "@type": "dcat:Catalog",
        "conformsTo": _SCHEMA,
        "describedBy": f"{_SCHEMA}/catalog.json",
        "dataset": [_describe_data_set(data_set, catalogue, publisher) for data_set in catalogue.data_sets],
    }


def _describe_data_set(data_set: DataSet, catalogue: Catalogue, publisher: Publisher) -> dict[str, Any]:
    home = publisher.locate(catalogue.version)
    described: dict[str, Any] = {
        "@type": "dcat:Dataset",
        "identifier": f"{publisher.address}#{data_set.name}",
        "title": data_set.title,
        "description": data_set.description,
        "keyword": list(catalogue.keywords),
        "modified": catalogue.created,
        "publisher": {"@type": "org:Organization", "name": publisher.name},
        "contactPoint": {"@type": "vcard:Contact", "fn": publisher.name, "hasEmail": f"mailto:{publisher.email}"},
        "accessLevel": "public",
        "license": catalogue.licence_url,
        "spatial": "China",
        "language": ["zh", "en"],
        "describedBy": f"{home}datapackage.json",
        "describedByType": "application/json",
        "distribution": [_describe_file(file, home) for file in data_set.files],
    }
    if catalogue.fiscal_years:
        first, last = catalogue.fiscal_years
        described["temporal"] = f"{first}-01-01/{last}-12-31"
    return described


def _describe_file(file: DataFile, home: str) -> dict[str, str]:
    return {
        "@type": "dcat:Distribution",
        "title": file.path.rpartition("/")[2],
        "downloadURL": f"{home}{file.path}",
        # What comes over the line: the compressed file, not the table in it.
        "mediaType": "application/gzip" if file.is_gzipped else file.media_type,
        "format": f"{file.format} (gzip)" if file.is_gzipped else file.format,
    }
