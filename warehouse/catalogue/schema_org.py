"""schema.org of a release, as search engines for data sets read it: a `DataCatalog` of `Dataset`s with their downloads."""

from typing import Any

from warehouse.catalogue.publisher import Publisher
from warehouse.catalogue.release import Catalogue, DataFile, DataSet


def describe_schema_org(catalogue: Catalogue, publisher: Publisher) -> dict[str, Any]:
    """The document; its addresses are relative to the release's folder where the publisher has none."""
    home = publisher.locate(catalogue.version)
    return {
        # Not the address of a context, which a reader would have to fetch.
        "@context": {"@vocab": "https://schema.org/"},
        "@type": "DataCatalog",
        "name": catalogue.title,
        "description": catalogue.description,
        "url": home or "./",
        "dataset": [describe_data_set(data_set, catalogue, publisher) for data_set in catalogue.data_sets],
    }


def describe_data_set(data_set: DataSet, catalogue: Catalogue, publisher: Publisher) -> dict[str, Any]:
    """One data set; with a `@context` of its own it can stand in the page of that data set."""
    home = publisher.locate(catalogue.version)
    described: dict[str, Any] = {
        "@type": "Dataset",
        "@id": f"{home}datapackage.json#{data_set.name}",
        "identifier": f"yusuan:{data_set.name}",
        "name": data_set.title,
        "description": f"{data_set.description}\n\n{catalogue.title}, {catalogue.version}.",
        "url": home or "./",
        "version": catalogue.version,
        "dateModified": catalogue.created,
        "license": catalogue.licence_url,
        "isAccessibleForFree": True,
        "inLanguage": ["zh", "en"],
        "keywords": list(catalogue.keywords),
        "creator": {"@type": "Organization", "name": publisher.name},
        "spatialCoverage": {"@type": "Country", "name": "China"},
        "variableMeasured": [
            {"@type": "PropertyValue", "name": column.name, "description": f"{column.zh} · {column.en}"}
            for column in data_set.columns
        ],
        "distribution": [_describe_file(file, home) for file in data_set.files],
    }
    if catalogue.fiscal_years:
        described["temporalCoverage"] = "{}-01-01/{}-12-31".format(*catalogue.fiscal_years)
    return described


def _describe_file(file: DataFile, home: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": file.path.rpartition("/")[2],
        "contentUrl": f"{home}{file.path}",
        "encodingFormat": [file.media_type, "application/gzip"] if file.is_gzipped else file.media_type,
        "contentSize": f"{file.bytes} B",
        "sha256": file.sha256,
    }
