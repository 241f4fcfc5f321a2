"""Publishing to a real CKAN 2.12, which `make ckan-test` installs and starts; skipped loudly where it is not up."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from made_release import PUBLISHER, drop_table, make_next_release, make_release
from rdflib import Graph, Namespace

from flows.publishing import publish_everywhere
from flows.settings import load_settings
from warehouse.catalogue.release import read_catalogue
from warehouse.portals.ckan import CkanClient, CkanTarget
from warehouse.portals.plan import Plan, PublishError, apply_plan

HOME = Path(__file__).resolve().parents[2] / ".tools/ckan"
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCT = Namespace("http://purl.org/dc/terms/")
ORGANISATION = f"office-{uuid4().hex[:8]}"
PREFIX = f"t{uuid4().hex[:8]}-"


def find_ckan() -> dict[str, str] | None:
    try:
        ready = json.loads((HOME / "ready.json").read_text("utf-8"))
        httpx.get(f"{ready['url']}/api/3/action/status_show", timeout=10).raise_for_status()
    except (OSError, httpx.HTTPError):
        return None
    return ready


READY = find_ckan()
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(READY is None, reason="no CKAN is up here: `make ckan-test` installs and starts one"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def client():
    with CkanClient(READY["url"], READY["token"]) as client:
        client.do("organization_create", {"name": ORGANISATION, "title": "示例数据中心"})
        yield client
        for name in client.ask("package_list"):
            if name.startswith(PREFIX):
                client.do("dataset_purge", {"id": name})
        client.do("organization_purge", {"id": ORGANISATION})


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> tuple[Path, Path]:
    """A release of few tables, so that the test takes seconds, and the next one, with one table less."""
    folder = tmp_path_factory.mktemp("module")
    first, second = make_release(folder), make_next_release(folder)
    kept = ("core_budget_lines", "core_disclosures", "out_spending_by_function", "out_three_public")
    for release, names in ((first, kept), (second, kept[:-1])):
        for data_set in read_catalogue(release).data_sets:
            if data_set.name not in names:
                drop_table(release, data_set.name)
    return first, second


@pytest.fixture(scope="module")
def target(client) -> CkanTarget:
    return CkanTarget(client, ORGANISATION, PUBLISHER, PREFIX)


def plan(target: CkanTarget, release: Path) -> Plan:
    return target.plan(read_catalogue(release))


def list_steps(made: Plan) -> list[str]:
    return [f"{step.verb} {step.subject.removeprefix(PREFIX)}" for step in made.steps]


def wait_for(what, seconds=90):
    for _ in range(seconds):
        if found := what():
            return found
        time.sleep(1)
    pytest.fail(f"it did not come about in {seconds} s; the last answer was {found}")


def count_in_datastore(client: CkanClient, name: str) -> int:
    """The rows themselves are counted: CKAN remembers a total that it was asked for while the loader was still at work."""
    resource = next(entry for entry in client.ask("package_show", id=PREFIX + name)["resources"] if entry["format"] == "CSV")
    found = client.find("datastore_search", resource_id=resource["id"], limit="1000", include_total="false")
    return len(found["records"]) if found else 0


def find_loader_state(client: CkanClient, subject: str) -> str:
    data_set, file = subject.split("/")
    resource = next(entry for entry in client.ask("package_show", id=data_set)["resources"] if entry["name"] == file)
    return client.ask("task_status_show", entity_id=resource["id"], task_type="xloader", key="xloader")["state"]


# The tests stand in the order of a portal's life: each goes on from the one before.


def test_created_cut_off_and_gone_on_with(client, target, releases):
    made = plan(target, releases[0])
    steps = list_steps(made)
    assert steps[0] == "create core-budget-lines"
    assert client.ask("package_list") == [name for name in client.ask("package_list") if not name.startswith(PREFIX)]
    apply_plan(Plan(made.target, made.version, made.steps[:3], 0), lambda _: None)
    assert client.ask("package_show", id=f"{PREFIX}core-budget-lines")["version"] == ""
    rest = plan(target, releases[0])
    # What is there is not sent again; the data set itself comes last, since only then it is of this version.
    assert sorted(list_steps(rest)) == sorted(set(steps) - set(steps[:3]))
    apply_plan(rest, lambda _: None)
    assert client.ask("package_show", id=f"{PREFIX}core-budget-lines")["version"] == "1.0"
    assert plan(target, releases[0]).steps == ()
    # The loader writes a data set as it had read it: whatever comes before it is done would be undone.
    assert {find_loader_state(client, step.subject) for step in made.steps if step.subject.endswith(".csv")} == {"complete"}


def test_csv_is_in_the_datastore_and_its_loader_changes_no_plan(client, target, releases):
    assert wait_for(lambda: count_in_datastore(client, "core-budget-lines")) == 18
    assert wait_for(lambda: count_in_datastore(client, "core-disclosures")) == 2
    made = plan(target, releases[0])
    assert (list_steps(made), made.unchanged) == ([], 4 + 9)


def test_dcat_is_served(client):
    graph = Graph().parse(data=httpx.get(f"{client.url}/dataset/{PREFIX}core-budget-lines.ttl").text, format="turtle")
    titles = {str(title) for title in graph.objects(None, DCT.title)}
    assert "预算（决算）金额 · One row per published amount" in titles
    assert len(list(graph.subject_objects(DCAT.accessURL))) == 3
    assert {str(version) for version in graph.objects(None, DCAT.version)} == {"1.0"}
    assert {str(licence) for licence in graph.objects(None, DCT.license)} == {"https://creativecommons.org/licenses/by/4.0/"}
    assert {str(one) for one in graph.objects(None, DCT.identifier)} == {"yusuan:core_budget_lines"}
    (period,) = graph.objects(None, DCT.temporal)
    assert [str(graph.value(period, DCAT[edge])) for edge in ("startDate", "endDate")] == ["2020-01-01", "2021-12-31"]


@pytest.mark.parametrize("words", ["三公", "功能分类"])
def test_a_search_in_chinese_finds_it(client, words):
    found = client.ask("package_search", q=words, fq=f"organization:{ORGANISATION}", rows="50")
    expected = {"三公": "out-three-public", "功能分类": "out-spending-by-function"}[words]
    names = {entry["name"].removeprefix(PREFIX) for entry in found["results"]}
    assert expected in names
    assert len(names) < 4


def test_our_own_dcat_is_read_by_the_harvester_of_ckan(releases):
    """The same release described by us, read by ckanext-dcat as that portal is configured (DCAT-AP 3 into its schema)."""
    code = (
        "import sys, json; from ckan.cli import CKANConfigLoader; from ckan.config.middleware import make_app; "
        "make_app(CKANConfigLoader(sys.argv[1]).get_config()); from ckanext.dcat.processors import RDFParser; "
        "parser = RDFParser(); parser.parse(open(sys.argv[2], encoding='utf-8').read(), 'turtle'); "
        "print(json.dumps(list(parser.datasets()), default=str))"
    )
    command = [HOME / "venv/bin/python", "-c", code, HOME / "ckan.ini", releases[0] / "dcat.ttl"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    read = {entry["identifier"]: entry for entry in json.loads(ended.stdout.splitlines()[-1])}
    lines = read["yusuan:core_budget_lines"]
    assert lines["publisher"][0]["name"] == PUBLISHER.name
    assert lines["temporal_coverage"] == [{"start": "2020-01-01", "end": "2021-12-31"}]
    assert {entry["download_url"].rpartition("/")[2] for entry in lines["resources"]} >= {"core_budget_lines.csv.gz"}


def test_updated_and_retired(client, target, releases):
    made = plan(target, releases[1])
    steps = list_steps(made)
    assert "update core-budget-lines/core_budget_lines.csv" in steps
    assert "update core-budget-lines/core_budget_lines-2020.parquet" in steps
    # Nothing of 2021 is new, so nothing of it is sent.
    assert "update core-budget-lines/core_budget_lines-2021.parquet" not in steps
    assert steps[-1] == "retire out-three-public"
    # Cut off in the middle of its files a data set is of no version: neither of the old nor of the new one.
    assert steps[0] == "update core-budget-lines"
    middle = next(number for number, step in enumerate(steps) if step.startswith("update core-budget-lines/")) + 1
    apply_plan(Plan(made.target, made.version, made.steps[:middle], 0), lambda _: None)
    assert client.ask("package_show", id=f"{PREFIX}core-budget-lines")["version"] == ""
    assert client.ask("package_show", id=f"{PREFIX}core-disclosures")["version"] == "1.0"
    made = plan(target, releases[1])
    assert list_steps(made) == steps[middle:]
    apply_plan(made, lambda _: None)
    assert client.ask("package_show", id=f"{PREFIX}core-budget-lines")["version"] == "1.1"
    assert plan(target, releases[1]).steps == ()
    retired = client.ask("package_show", id=f"{PREFIX}out-three-public")
    assert retired["title"].startswith("〔停止更新 retired〕")
    assert len(retired["resources"]) == 2
    assert wait_for(lambda: count_in_datastore(client, "core-budget-lines") == 27)


def test_a_file_that_is_gone_is_pruned(client, target, releases, tmp_path):
    smaller = shutil.copytree(releases[1], tmp_path / "smaller")
    package = json.loads((smaller / "datapackage.json").read_text("utf-8"))
    package["resources"] = [entry for entry in package["resources"] if not entry["name"].endswith("-2021")]
    (smaller / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    made = plan(target, smaller)
    assert "remove core-budget-lines/core_budget_lines-2021.parquet" in list_steps(made)
    apply_plan(made, lambda _: None)
    names = {entry["name"] for entry in client.ask("package_show", id=f"{PREFIX}core-budget-lines")["resources"]}
    assert names == {"core_budget_lines.csv", "core_budget_lines-2020.parquet"}
    assert plan(target, smaller).steps == ()


def test_a_file_that_two_who_published_at_once_made_twice_is_there_once(client, target, releases):
    """And what is left of it is what was there before the plan."""
    apply_plan(plan(target, releases[1]), lambda _: None)
    before = client.ask("package_show", id=f"{PREFIX}core-disclosures")["resources"]
    twice = next(entry for entry in before if entry["format"] == "Parquet")
    fields = ("name", "description", "format", "mimetype", "license", "content_sha256")
    client.do("resource_create", {"package_id": f"{PREFIX}core-disclosures", "url": "x", **{key: twice[key] for key in fields}})
    made = plan(target, releases[1])
    assert list_steps(made) == [
        "update core-disclosures",
        "remove core-disclosures/core_disclosures.parquet",
        "update core-disclosures",
    ]
    apply_plan(made, lambda _: None)
    after = client.ask("package_show", id=f"{PREFIX}core-disclosures")
    assert ({entry["id"] for entry in after["resources"]}, after["version"]) == ({entry["id"] for entry in before}, "1.1")
    assert plan(target, releases[1]).steps == ()


def test_a_data_set_that_comes_back_is_restored(client, target, releases):
    made = plan(target, releases[0])
    assert "restore out-three-public" in list_steps(made)
    apply_plan(made, lambda _: None)
    assert not client.ask("package_show", id=f"{PREFIX}out-three-public")["title"].startswith("〔")
    assert plan(target, releases[0]).steps == ()


def test_a_data_set_of_somebody_else_is_not_touched(client, releases):
    """The same names, another organisation: the portal refuses to make them again, and nothing of theirs was planned."""
    other = f"{ORGANISATION}-b"
    client.do("organization_create", {"name": other})
    try:
        made = plan(CkanTarget(client, other, PUBLISHER, PREFIX), releases[0])
        assert {step.verb for step in made.steps} == {"create", "update"}
        with pytest.raises(PublishError, match="package_create: 409"):
            apply_plan(made, lambda _: None)
    finally:
        client.do("organization_purge", {"id": other})


def test_a_wrong_token_is_told_and_not_shown(releases):
    with CkanClient(READY["url"], "wrong-token-123") as stranger:
        made = CkanTarget(stranger, ORGANISATION, PUBLISHER, f"{PREFIX}x-").plan(read_catalogue(releases[0]))
        with pytest.raises(PublishError, match="package_create: 403") as raised:
            apply_plan(made, lambda _: None)
    assert "wrong-token" not in str(raised.value)


def test_an_organisation_that_is_not_there_is_told(client, releases):
    with pytest.raises(PublishError, match="has no organisation"):
        CkanTarget(client, "nobody", PUBLISHER, PREFIX).plan(read_catalogue(releases[0]))


# The command, as a person and a night use it


@pytest.fixture
def warehouse(tmp_path) -> Path:
    """A warehouse whose newest release has three tables."""
    release = make_release(tmp_path)
    (tmp_path / "releases").rename(tmp_path / "warehouse/releases")
    release = tmp_path / "warehouse/releases" / release.name
    for data_set in read_catalogue(release).data_sets:
        if data_set.name not in {"core_budget_lines", "core_disclosures", "out_three_public"}:
            drop_table(release, data_set.name)
    return tmp_path / "warehouse"


def name_target(prefix: str) -> str:
    return f"ckan+{READY['url']}?organisation={ORGANISATION}&prefix={PREFIX}{prefix}-"


def begin(warehouse: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "publish", *words, "--warehouse", str(warehouse)],
        env={"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", "YUSUAN_CKAN_TOKEN": READY["token"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(warehouse: Path, *words: str) -> str:
    with begin(warehouse, *words) as process:
        said = process.stdout.read()
    assert process.returncode == 0, said
    return said


def list_published(client: CkanClient, prefix: str) -> dict[str, dict]:
    return {
        name: client.ask("package_show", id=name) for name in client.ask("package_list") if name.startswith(f"{PREFIX}{prefix}-")
    }


def test_the_command_shows_its_plan_and_the_token_is_nowhere(client, warehouse):
    target = name_target("c")
    planned = run(warehouse, "plan", target)
    assert f"create  {PREFIX}c-core-budget-lines" in planned
    assert list_published(client, "c") == {}
    applied = run(warehouse, "apply", target)
    assert applied.startswith(planned)
    published = list_published(client, "c")
    assert {package["version"] for package in published.values()} == {"1.0"}
    assert len(published) == 3
    again = run(warehouse, "apply", target)
    assert again.endswith("Nothing was written\n")
    assert {name: package["metadata_modified"] for name, package in list_published(client, "c").items()} == {
        name: package["metadata_modified"] for name, package in published.items()
    }
    files = [path.read_bytes() for path in warehouse.rglob("*") if path.is_file()]
    texts = [planned, applied, again, json.dumps(published)]
    assert not [text for text in [*files, *map(str.encode, texts)] if READY["token"].encode() in text]


def test_a_command_that_was_killed_in_the_middle_is_gone_on_with(client, warehouse):
    target = name_target("k")
    with begin(warehouse, "apply", target) as process:
        done = [next(line for line in process.stdout if "] create" in line) for _ in range(4)]
        process.kill()
    assert all("1.0" not in package["version"] for package in list_published(client, "k").values())
    rest = run(warehouse, "apply", target)
    assert not [line for line in done if line.split("] ")[1] in rest], "what was there was sent again"
    published = list_published(client, "k")
    assert {name.removeprefix(f"{PREFIX}k-"): len(package["resources"]) for name, package in published.items()} == {
        "core-budget-lines": 3,
        "core-disclosures": 2,
        "out-three-public": 2,
    }
    assert {package["version"] for package in published.values()} == {"1.0"}
    assert run(warehouse, "apply", target).endswith("Nothing was written\n")


def test_a_night_publishes_and_says_what_it_did(client, warehouse, monkeypatch):
    monkeypatch.setenv("YUSUAN_CKAN_TOKEN", READY["token"])
    settings = load_settings(warehouse).model_copy(update={"publish_to": name_target("n")})
    first, second = (publish_everywhere(settings, "1.0")[0] for _ in range(2))
    assert (first.problem, second.problem, second.steps) == ("", "", 0)
    assert first.steps == 3 + 7 + 3  # three data sets, their seven files, and the version of each
    assert len(list_published(client, "n")) == 3
    assert READY["token"] not in first.model_dump_json()
