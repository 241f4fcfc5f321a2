"""DCAT-AP 3 of a release: the catalogue, a data set for each table, a distribution for each file.

Promise: the Turtle is the JSON-LD said again, so the two cannot differ. Every node has an IRI, none is blank: the same release
gives the same bytes. Without an address the IRIs are relative and hold wherever the folder is put.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from warehouse.catalogue.publisher import Publisher
from warehouse.catalogue.release import DESCRIPTOR, Catalogue, DataFile, DataSet

Node = dict[str, Any]

_EU = "http://publications.europa.eu/resource/authority"
_MEDIA = "https://www.iana.org/assignments/media-types"
_CONTEXT: Mapping[str, Any] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_THEMES = (f"{_EU}/data-theme/ECON", f"{_EU}/data-theme/GOVE")
_LANGUAGES = (f"{_EU}/language/ZHO", f"{_EU}/language/ENG")
# Relative references are resolved against something while the graph is turned to Turtle, and taken out again.
_BASE = "https://release.invalid/folder/"


def describe_dcat(catalogue: Catalogue, publisher: Publisher) -> Node:
    """The catalogue as a JSON-LD document."""
    home = publisher.locate(catalogue.version)
    nodes = [_describe_catalogue(catalogue, publisher, home), *_describe_agents(publisher, home)]
    if catalogue.fiscal_years:
        nodes.append(_describe_period(catalogue.fiscal_years, home))
    for data_set in catalogue.data_sets:
        nodes.append(_describe_data_set(data_set, catalogue, publisher, home))
        for file in data_set.files:
            nodes += _describe_distribution(file, catalogue, home)
    return {"@context": dict(_CONTEXT), "@graph": nodes}


def write_jsonld(document: Node) -> str:
    """The document as text."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_turtle(document: Node) -> str:
    """The same statements in Turtle."""
    from rdflib import RDF, Graph  # noqa: PLC0415  # half a second that only a release pays

    # Not rdflib's reader of JSON-LD: it warns of itself. The tests read both texts with it and compare.
    graph = Graph()
    for prefix, namespace in document["@context"].items():
        graph.bind(prefix, namespace)
    for node in document["@graph"]:
        subject = _to_iri(node["@id"], document)
        graph.add((subject, RDF.type, _to_iri(node["@type"], document)))
        for name in node.keys() - {"@id", "@type"}:
            for value in node[name] if isinstance(node[name], list) else [node[name]]:
                graph.add((subject, _to_iri(name, document), _to_term(value, document)))
    return graph.serialize(format="turtle").replace(f"<{_BASE}", "<")


def _to_term(value: Any, document: Node) -> Any:
    from rdflib import Literal  # noqa: PLC0415  # as above

    if isinstance(value, str):
        return Literal(value)
    if "@id" in value:
        return _to_iri(value["@id"], document)
    return Literal(value["@value"], datatype=_to_iri(value["@type"], document), normalize=False)


def _to_iri(name: str, document: Node) -> Any:
    from rdflib import URIRef  # noqa: PLC0415  # as above

    prefix, colon, rest = name.partition(":")
    if colon and prefix in document["@context"]:
        return URIRef(document["@context"][prefix] + rest)
    return URIRef(urljoin(_BASE, name))


def _describe_catalogue(catalogue: Catalogue, publisher: Publisher, home: str) -> Node:
    node = {
        "@id": _name(home, "catalogue"),
        "@type": "dcat:Catalog",
        "dct:title": catalogue.title,
        "dct:description": catalogue.description,
        "dct:publisher": {"@id": _name(home, "publisher")},
        "dct:license": {"@id": catalogue.licence_url},
        "dct:language": [{"@id": language} for language in _LANGUAGES],
        "dct:modified": _moment(catalogue.created),
        "dcat:version": catalogue.version,
        "dcat:themeTaxonomy": {"@id": f"{_EU}/data-theme"},
        "dcat:dataset": [{"@id": _name(home, data_set.name)} for data_set in catalogue.data_sets],
    }
    if publisher.address:
        node["foaf:homepage"] = {"@id": publisher.address}
    return node


def _describe_agents(publisher: Publisher, home: str) -> list[Node]:
    agent = {"@id": _name(home, "publisher"), "@type": "foaf:Agent", "foaf:name": publisher.name}
    if not publisher.email:
        return [agent]
    contact = {
        "@id": _name(home, "contact"),
        "@type": "vcard:Organization",
        "vcard:fn": publisher.name,
        "vcard:hasEmail": {"@id": f"mailto:{publisher.email}"},
    }
    return [agent, contact]


def _describe_period(years: tuple[int, int], home: str) -> Node:
    return {
        "@id": _name(home, "years"),
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": {"@type": "xsd:date", "@value": f"{years[0]}-01-01"},
        "dcat:endDate": {"@type": "xsd:date", "@value": f"{years[1]}-12-31"},
    }


def _describe_data_set(data_set: DataSet, catalogue: Catalogue, publisher: Publisher, home: str) -> Node:
    node = {
        "@id": _name(home, data_set.name),
        "@type": "dcat:Dataset",
        "dct:identifier": f"yusuan:{data_set.name}",
        "dct:title": data_set.title,
        "dct:description": data_set.description,
        "dct:publisher": {"@id": _name(home, "publisher")},
        "dct:language": [{"@id": language} for language in _LANGUAGES],
        "dct:modified": _moment(catalogue.created),
        "dct:spatial": {"@id": f"{_EU}/country/CHN"},
        "dcat:keyword": list(catalogue.keywords),
        "dcat:theme": [{"@id": theme} for theme in _THEMES],
        "dcat:version": catalogue.version,
        "dcat:distribution": [{"@id": _name(home, file.name, "file")} for file in data_set.files],
        "foaf:page": [{"@id": f"{home}{page}"} for page in catalogue.pages],
    }
    if catalogue.fiscal_years:
        node["dct:temporal"] = {"@id": _name(home, "years")}
    if publisher.email:
        node["dcat:contactPoint"] = {"@id": _name(home, "contact")}
    return node


def _describe_distribution(file: DataFile, catalogue: Catalogue, home: str) -> list[Node]:
    place, checksum = {"@id": f"{home}{file.path}"}, _name(home, file.name, "sha256")
    node = {
        "@id": _name(home, file.name, "file"),
        "@type": "dcat:Distribution",
        "dct:title": file.path.rpartition("/")[2],
        "dct:license": {"@id": catalogue.licence_url},
        "dcat:accessURL": place,
        "dcat:downloadURL": place,
        "dcat:mediaType": {"@id": f"{_MEDIA}/{file.media_type}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.bytes)},
        "spdx:checksum": {"@id": checksum},
    }
    if file.format == "csv":
        node["dct:format"] = {"@id": f"{_EU}/file-type/CSV"}
    if file.is_gzipped:
        node["dcat:compressFormat"] = {"@id": f"{_MEDIA}/application/gzip"}
    sha256 = {
        "@id": checksum,
        "@type": "spdx:Checksum",
        "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
        "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
    }
    return [node, sha256]


def _name(home: str, *parts: str) -> str:
    """The IRI of something that the descriptor of the release is about."""
    return f"{home}{DESCRIPTOR}#{'-'.join(parts)}"


def _moment(text: str) -> Node:
    return {"@type": "xsd:dateTime", "@value": text}
