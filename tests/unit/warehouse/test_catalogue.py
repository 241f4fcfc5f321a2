"""A release's metadata: valid to libraries made for each form, the same facts in all, and nothing that cannot be right."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import jsonschema
import pyshacl
import pytest
from made_release import PUBLISHER, make_release
from rdflib import RDF, Graph, Namespace
from rdflib.compare import to_isomorphic

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


def test_data_json_fits_its_schema(release):
    schema = json.loads((FIXTURES / "dcat-us-1.1.json").read_text("utf-8"))
    document = json.loads((release / "data.json").read_text("utf-8"))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    assert [
        error.message for error in jsonschema.Draft202012Validator(schema, format_checker=checker).iter_errors(document)
    ] == []
    assert len(document["dataset"]) == len(release_resources())
    assert document["dataset"][0]["temporal"] == "2020-01-01/2021-12-31"


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
