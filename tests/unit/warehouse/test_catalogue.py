"""A release's metadata: valid to libraries made for each form, the same facts in all, and nothing that cannot be right."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import jsonschema
import pyshacl
import pytest
import referencing
from made_release import PUBLISHER, make_release
from rdflib import RDF, Graph, Namespace
from rdflib.compare import to_isomorphic
from schema_org import registry

from warehouse.catalogue.files import write_metadata
from warehouse.catalogue.publisher import Publisher, check_address
from warehouse.catalogue.release import ReleaseUnreadableError, read_catalogue, read_sums
from warehouse.datapackage import hash_file
from warehouse.release import release_resources

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DCAT = Namespace("http://www.w3.org/ns/dcat#")
HOME = "https://somewhere.example/else/1.0/"
# rdflib's reader of JSON-LD uses classes that rdflib itself wants to be rid of.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")


@pytest.fixture(scope="module")
def release(tmp_path_factory) -> Path:
    return make_release(tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def placeless(release) -> dict[str, str]:
    """The metadata of the same release for a publisher without address and mail."""
    return write_metadata(release, json.loads((release / "datapackage.json").read_text("utf-8")), Publisher())


def read_graph(text: str, form: str) -> Graph:
    return Graph().parse(data=text, format=form, publicID=HOME)


def find_faults(graph: Graph, shapes: str) -> str:
    conforms, _, report = pyshacl.validate(graph, shacl_graph=Graph().parse(FIXTURES / shapes), advanced=True)
    return "" if conforms else report


@pytest.mark.parametrize("form", ["turtle", "json-ld"])
def test_dcat_keeps_the_rules_of_the_profile(release, form):
    name = {"turtle": "dcat.ttl", "json-ld": "dcat.jsonld"}[form]
    graph = read_graph((release / name).read_text("utf-8"), form)
    assert find_faults(graph, "dcat-ap-3.ttl") == ""
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == len(release_resources())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dct:title", "dct:alternative"),
        ('"dcat:accessURL"', '"dcat:landing"'),
        ("xsd:nonNegativeInteger", "xsd:string"),
        ("authority/data-theme/GOVE", "theme/money"),
    ],
)
def test_the_rules_notice_what_is_missing_or_wrong(release, old, new):
    text = (release / "dcat.jsonld").read_text("utf-8")
    assert old in text
    assert find_faults(read_graph(text.replace(old, new), "json-ld"), "dcat-ap-3.ttl") != ""


@pytest.mark.parametrize("with_address", [True, False])
def test_turtle_and_json_ld_say_the_same(release, placeless, with_address):
    texts = {
        name: (release / name).read_text("utf-8") if with_address else placeless[name] for name in ("dcat.ttl", "dcat.jsonld")
    }
    turtle, jsonld = read_graph(texts["dcat.ttl"], "turtle"), read_graph(texts["dcat.jsonld"], "json-ld")
    assert len(turtle) > 500
    assert to_isomorphic(turtle) == to_isomorphic(jsonld)


def test_every_download_is_a_file_of_the_release_with_its_hash(release):
    graph = read_graph((release / "dcat.ttl").read_text("utf-8"), "turtle")
    found = graph.query(
        """PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX spdx: <http://spdx.org/rdf/terms#>
        SELECT ?url ?bytes ?sha WHERE { ?d dcat:downloadURL ?url; dcat:byteSize ?bytes; spdx:checksum/spdx:checksumValue ?sha }"""
    )
    listed = {str(url).removeprefix(f"{PUBLISHER.address}/1.0/"): (int(size), str(sha).lower()) for url, size, sha in found}
    there = [path for path in (release / "data").rglob("*") if path.suffix in {".parquet", ".gz"}]
    expected = {path.relative_to(release).as_posix(): (path.stat().st_size, hash_file(path)) for path in there}
    assert listed == {path: expected[path] for path in listed}
    assert len(listed) >= 2 * len(release_resources())


def test_without_an_address_the_iris_hold_wherever_the_folder_is_put(placeless):
    graph = read_graph(placeless["dcat.ttl"], "turtle")
    urls = {str(url) for url in graph.objects(None, DCAT.downloadURL)}
    assert urljoin(HOME, "data/core_budget_lines.csv.gz") in urls
    assert find_faults(graph, "dcat-ap-3.ttl") == ""


@pytest.fixture
def data_json(release) -> dict:
    return json.loads((release / "data.json").read_text("utf-8"))


def find_faults_of_data_json(document: dict, schema: str) -> list[str]:
    """`own`: what we ask of it on top. `published`: the project's schemas for publishers that are no US agency, of the public
    domain, as the package ckanext-datajson 0.1.29 carries them.
    """
    if schema == "own":
        own = json.loads((FIXTURES / "dcat-us-1.1.json").read_text("utf-8"))
        checker = jsonschema.Draft202012Validator(own, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    else:
        schemas = [json.loads(path.read_text("utf-8")) for path in sorted((FIXTURES / "project-open-data-1.1").glob("*.json"))]
        parts = [(part["id"], referencing.Resource.from_contents(part)) for part in schemas]
        checker = jsonschema.Draft4Validator(
            schemas[0],
            registry=referencing.Registry().with_resources(parts),
            format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER,
        )
    return [error.message for error in checker.iter_errors(document)]


@pytest.mark.parametrize("schema", ["own", "published"])
def test_data_json_fits_its_schema(data_json, schema):
    assert find_faults_of_data_json(data_json, schema) == []
    assert len(data_json["dataset"]) == len(release_resources())
    assert data_json["dataset"][0]["temporal"] == "2020-01-01/2021-12-31"


@pytest.mark.parametrize("schema", ["own", "published"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", None),
        ("accessLevel", "open"),
        ("temporal", "2020 to 2021"),
        ("publisher", {"@type": "org:Organization"}),
        ("contactPoint", {"fn": "x", "hasEmail": "x@example.org"}),
        ("distribution", [{"downloadURL": "https://x.example/y"}]),
        ("@type", "dcat:Distribution"),
    ],
)
def test_the_schemas_of_data_json_notice_what_is_wrong(data_json, schema, name, value):
    data_set = data_json["dataset"][-1]
    assert name in data_set
    data_set |= {name: value}
    assert find_faults_of_data_json(data_json, schema) != []


@pytest.mark.parametrize("publisher", [Publisher(), replace(PUBLISHER, email=None), replace(PUBLISHER, address=None)])
def test_data_json_is_not_written_where_it_cannot_be_right(release, publisher):
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    assert "data.json" not in write_metadata(release, package, publisher)


@pytest.mark.parametrize("with_address", [True, False])
def test_schema_org_has_what_search_engines_ask_for(release, placeless, with_address):
    text = (release / "schema.org.jsonld").read_text("utf-8") if with_address else placeless["schema.org.jsonld"]
    graph = read_graph(text, "json-ld")
    assert find_faults(graph, "schema-org-dataset.ttl") == ""
    schema = Namespace("https://schema.org/")
    assert len(set(graph.subjects(RDF.type, schema.Dataset))) == len(release_resources())


def build_schema_org(value):
    """A JSON-LD value as objects of a library that knows schema.org. Raises ValueError for a property that a type does not have
    and for a value that a property does not take.
    """
    if isinstance(value, list):
        return [build_schema_org(part) for part in value]
    if not isinstance(value, dict):
        return value
    parts = {name: build_schema_org(part) for name, part in value.items() if not name.startswith("@")}
    # In JSON a moment is text.
    moments = {name: datetime.fromisoformat(parts[name]) for name in parts if name.startswith("date")}
    return registry.get_model(value["@type"])(**(parts | moments))


@pytest.mark.parametrize("with_address", [True, False])
def test_schema_org_has_the_types_and_properties_that_there_are(release, placeless, with_address):
    text = (release / "schema.org.jsonld").read_text("utf-8") if with_address else placeless["schema.org.jsonld"]
    catalogue = build_schema_org(json.loads(text))
    assert len(catalogue.dataset) == len(release_resources())
    assert catalogue.dataset[0].distribution[0].sha256


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fiscalYear", "2020"),
        ("isAccessibleForFree", "yes"),
        ("dateModified", "yesterday"),
        ("creator", {"@type": "Country", "name": "x"}),
        ("distribution", {"@type": "Organization", "name": "x"}),
        ("license", 4),
        ("variableMeasured", [{"@type": "PropertyValue", "column": "x"}]),
    ],
)
def test_the_types_of_schema_org_notice_what_is_wrong(release, name, value):
    document = json.loads((release / "schema.org.jsonld").read_text("utf-8"))["dataset"][0]
    build_schema_org(document)
    with pytest.raises(ValueError, match=r"validation error|isoformat"):
        build_schema_org(document | {name: value})


def test_a_release_with_a_missing_file_is_no_catalogue(release, tmp_path):
    broken = shutil.copytree(release, tmp_path / "release")
    (broken / "data" / "core_tables.parquet").unlink()
    with pytest.raises(ReleaseUnreadableError):
        read_catalogue(broken)
    with pytest.raises(ReleaseUnreadableError, match=r"data/core_tables\.parquet"):
        read_sums(broken)


@pytest.mark.parametrize(
    "address", ["ftp://a.org", "data.example.org", "https://me:secret@a.org/", "https://a.org/?x=1", "https://"]
)
def test_an_address_is_checked(address):
    with pytest.raises(ValueError, match="address"):
        check_address(address)
