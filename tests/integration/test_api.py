"""The query service as readers meet it: a real server, its answers in three forms, its limits, and what bad input gets."""

import base64
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from api_server import PATIENT, make_slow_edition, run_api, wait_for_state, walk
from made_release import commit, make_next_release, make_release, make_warehouse
from made_rows import FUNCTION_ROWS, make_coded_table, make_document

from flows.api.limits import Limits
from flows.api.sources import ReleaseSource, WarehouseSource
from flows.errors import UsageError
from warehouse.edition import Edition, edition_resources
from warehouse.metadata.models import get_resource
from warehouse.reader import Reader

pytestmark = pytest.mark.integration
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_warehouse(tmp_path_factory.mktemp("module") / "warehouse")


@pytest.fixture(scope="module")
def client(store, tmp_path_factory):
    with run_api(WarehouseSource(store, tmp_path_factory.mktemp("module")), Limits(rows=1000, seconds=PATIENT)) as client:
        yield client


def refuse(answer: httpx.Response, status: int = 400) -> dict:
    """The problem that an answer is."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    return problem


# The answers


@pytest.mark.parametrize("table", edition_resources())
def test_the_three_forms_say_the_same_as_the_warehouse(store, client, table):
    with Reader(store) as reader:
        expected = reader.arrow(table)
    columns = [name for name in expected.column_names if name not in {"processing_id", "other_processing_ids"}]
    assert client.get(f"/{table}", params={"limit": 1, "total": "true"}).json()["total"] == expected.num_rows
    content = client.get(f"/{table}", params={"limit": 1000, "format": "parquet"}).raise_for_status().content
    parquet = pq.read_table(io.BytesIO(content))
    assert parquet.column_names == columns
    assert parquet.schema.field(columns[0]).metadata[b"zh"].decode() == get_resource(table).get_field(columns[0]).zh
    if expected.num_rows < 1000:
        shown = [{name: row[name] for name in columns} for row in expected.to_pylist()]
        assert sorted(map(repr, parquet.to_pylist())) == sorted(map(repr, shown))
    rows = client.get(f"/{table}", params={"limit": 1000}).json()["rows"]
    listed = list(csv.reader(io.StringIO(client.get(f"/{table}", params={"limit": 1000, "format": "csv"}).text)))
    assert (len(rows), len(listed) - 1) == (parquet.num_rows, parquet.num_rows)
    for row, cells, exact in zip(rows, listed[1:], parquet.to_pylist(), strict=True):
        for column in columns:
            check_value(row[column], cells[columns.index(column)], exact[column])


def check_value(said, written: str, exact: object) -> None:
    """One value in JSON and in CSV against Parquet's."""
    if isinstance(exact, Decimal):
        assert isinstance(said, str)
        assert Decimal(said) == Decimal(written) == exact
    elif exact is None:
        assert said is None
        assert written == ""
    elif isinstance(exact, float):
        assert said == pytest.approx(exact, rel=1e-6) == float(written)
    elif isinstance(exact, str | int):
        assert said == exact
        assert written == ("true" if exact is True else "false" if exact is False else str(exact))


def test_a_walk_over_pages_has_every_row_once_and_is_of_one_state(tmp_path):
    store = make_warehouse(tmp_path / "warehouse")
    with Reader(store) as reader:
        expected = sorted(reader.arrow("core_budget_lines")["line_id"].to_pylist())
    (tmp_path / "states").mkdir()
    with run_api(WarehouseSource(store, tmp_path / "states"), Limits(refresh_seconds=0.1, seconds=PATIENT)) as client:
        first = client.get("/core_budget_lines", params={"limit": 7}).json()
        again = client.get("/core_budget_lines", params={"limit": 7}).headers
        commit(store, make_document("丙", lines=make_coded_table("丙", FUNCTION_ROWS)))
        wait_for_state(client, "3")
        pages = [first]
        while pages[-1]["next"]:
            pages.append(client.get(f"http://{client.base_url.netloc.decode()}{pages[-1]['next']}").json())
        assert {page["state"]["id"] for page in pages} == {"2"}
        assert sorted(row["line_id"] for page in pages for row in page["rows"]) == expected
        # Whoever begins now walks through the new state, and the old answer is no longer the newest.
        assert len([row for page in walk(client, "/core_budget_lines", limit=10) for row in page["rows"]]) == len(expected) + 9
        renewed = client.get("/core_budget_lines", params={"limit": 7}, headers={"If-None-Match": again["etag"]})
        assert (renewed.status_code, renewed.headers["yusuan-state"]) == (200, "3")
        assert [row for page in walk(client, "/core_budget_lines", as_of="2", limit=9) for row in page["rows"]] == [
            row for page in pages for row in page["rows"]
        ]


def test_an_amount_has_its_place_on_the_page_and_its_warning(client):
    page = client.get("/core_budget_lines", params={"row_kind": "total", "fiscal_year": 2021}).json()
    (row,) = page["rows"]
    assert (row["amount_cny"], row["page"], row["bbox"]) == ("300000.00", 1, [10.5, 20.0, 60.25, 30.0])
    assert page["warning"]["fix_first"] == list(get_resource("core_budget_lines").hazard.guards)
    assert client.get("/core_disclosures").json()["warning"] is None
    answer = client.get("/core_budget_lines", params={"format": "csv"})
    assert answer.headers["yusuan-warning"].startswith("do not add up as it stands")


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"fiscal_year": 2021}, 9),
        ({"fiscal_year": [2020, 2021]}, 18),
        ({"region_code": "420103", "function_code.prefix": "221"}, 6),
        ({"region_code.prefix": "42"}, 18),
        ({"department_name.contains": "乙"}, 9),
        ({"department_id": "420103-甲", "row_kind": ["total", "subtotal"]}, 5),
        ({"amount_cny.min": "155000.00", "amount_cny.max": "155000"}, 2),
        ({"amount_cny": "155000.01"}, 0),
        ({"amount_cny.null": "true"}, 2),
        ({"line_label.contains": "住房", "row_kind": "item"}, 2),
        ({"line_label": ""}, 0),
    ],
)
def test_filters_by_code_year_region_and_department(client, parameters, count):
    assert client.get("/core_budget_lines", params={**parameters, "total": "true", "limit": 1}).json()["total"] == count


def test_chosen_columns_come_in_the_order_asked_for(client):
    answer = client.get("/core_budget_lines", params={"columns": ["page", "line_id"], "limit": 1, "format": "csv"})
    assert answer.text.splitlines()[0] == '"page","line_id"'


def test_the_form_is_what_the_reader_accepts(client):
    for accept, kind in (
        ("text/csv", "text/csv"),
        ("application/vnd.apache.parquet;q=0.9, */*", "application/vnd.apache.parquet"),
        ("text/html, */*", "application/json"),
    ):
        answer = client.get("/ref_regions", params={"limit": 1}, headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == kind
        assert answer.headers["vary"] == "Accept"


# Tags


def test_an_unchanged_answer_is_not_sent_again(client):
    first = client.get("/core_tables", params={"limit": 1})
    tag = first.headers["etag"]
    for tags in (tag, f'"x", W/{tag}', "*"):
        again = client.get("/core_tables", params={"limit": 1}, headers={"If-None-Match": tags})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    others = ({"limit": 2}, {"limit": 1, "format": "csv"}, {"limit": 1, "total": "true"}, {"limit": 1, "as_of": "1"})
    tags = {client.get("/core_tables", params=other).headers["etag"] for other in others}
    assert len(tags | {tag}) == 5
    assert client.get("/core_tables", params={"limit": 1}).headers["cache-control"] == "no-cache"
    assert "max-age" in client.get("/core_tables", params={"as_of": "1"}).headers["cache-control"]


def test_a_bad_question_is_refused_even_where_the_tag_fits(client):
    refuse(client.get("/core_tables", params={"limit": 0}, headers={"If-None-Match": "*"}))


@pytest.mark.parametrize("path", ["", "/tables/core_budget_lines"])
def test_descriptions_have_tags_too(client, path):
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_head_is_get_without_the_body(client):
    got, head = client.get("/core_tables"), client.head("/core_tables")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(got.content)))


# Earlier states


def test_as_of_a_commit_a_day_and_a_release(store, client):
    day = store.snapshot(1).committed_at
    assert client.get("/core_disclosures", params={"as_of": "1", "total": "true"}).json()["total"] == 1
    assert client.get("/core_disclosures", params={"as_of": f"{day:%Y-%m-%d}"}).json()["state"]["id"] == "2"
    assert client.get("/core_disclosures", params={"as_of": f"{day:%Y.%m.%d}-1"}).json()["state"]["id"] == "1"
    for text, told in (("3", "its commits are 1 to 2"), ("1999-01-01", "was empty"), ("yesterday", "no date"), ("0", "1 to 2")):
        problem = refuse(client.get("/core_disclosures", params={"as_of": text}))
        assert told in problem["detail"]
        assert problem["errors"][0]["parameter"] == "as_of"


def test_a_state_that_lost_rows_to_maintenance_is_gone(tmp_path):
    store = make_warehouse(tmp_path / "warehouse")
    for attempt in (2, 3, 4):
        commit(store, make_document("甲", attempt=attempt))
    store.maintain(keep=1, retention_hours=0)
    (tmp_path / "states").mkdir()
    with run_api(WarehouseSource(store, tmp_path / "states")) as client:
        problem = refuse(client.get("/core_tables", params={"as_of": "1"}), 410)
        assert "no longer" in problem["detail"]
        assert client.get("/core_tables").status_code == 200


def test_few_earlier_states_stay_and_their_files_go(tmp_path):
    store = make_warehouse(tmp_path / "warehouse")
    for attempt in range(2, 6):
        commit(store, make_document("甲", attempt=attempt))
    folder = tmp_path / "states"
    folder.mkdir()
    with run_api(WarehouseSource(store, folder), Limits(states=2, seconds=PATIENT)) as client:
        for state in ("1", "2", "3", "4", "1"):
            assert client.get("/core_tables", params={"as_of": state}).json()["state"]["id"] == state
            assert len(list(folder.iterdir())) <= 3
    assert list(folder.iterdir()) == []


def test_releases_are_served_from_their_own_files(tmp_path):
    releases = make_release(tmp_path).parent
    make_next_release(tmp_path)
    with run_api(ReleaseSource(releases)) as client:
        assert client.get("/core_disclosures", params={"total": "true"}).json()["total"] == 3
        before = client.get("/core_disclosures", params={"total": "true", "as_of": "1.0"}).json()
        assert (before["total"], before["state"]["id"]) == (2, "1.0")
        assert client.get("/release_changes", params={"change_kind": "added", "total": "true"}).json()["total"] == 9
        assert "there are: 1.0, 1.1" in refuse(client.get("/core_disclosures", params={"as_of": "2.0"}))["detail"]
    damaged = releases / "1.0/data/yusuan.duckdb"
    damaged.write_bytes(damaged.read_bytes() + b"x")
    with run_api(ReleaseSource(releases)) as client:
        assert "damaged" in refuse(client.get("/core_disclosures", params={"as_of": "1.0"}), 410)["detail"]
    with pytest.raises(UsageError, match=r"no release 2\.0 .* there are: 1\.0, 1\.1"):
        ReleaseSource(releases, "2.0")


# Bad input


def test_an_unknown_parameter_names_the_nearest(client):
    problem = refuse(client.get("/core_budget_lines", params={"fiscal_yaer": "2020"}))
    assert problem["errors"][0]["nearest"][0] == "fiscal_year"
    problem = refuse(client.get("/core_budget_lines", params={"phase": "budgte"}))
    assert problem["errors"] == [
        {"parameter": "phase", "detail": "input should be 'budget' or 'final', saw 'budgte'", "nearest": ["budget"]}
    ]


def test_an_unknown_table_names_the_nearest(client):
    assert "/api/v1/core_budget_lines" in refuse(client.get("/core_budget_line"), 404)["detail"]
    assert "core_tables" in refuse(client.get("/tables/core_table"), 404)["detail"]


@pytest.mark.parametrize(
    ("parameters", "about"),
    [
        ({"fiscal_year": "2020.0"}, "fiscal_year"),
        ({"fiscal_year": "２０２０"}, "fiscal_year"),
        ({"fiscal_year": "20201"}, "fiscal_year"),
        ({"fiscal_year.min": ["2020", "2021"]}, "fiscal_year.min"),
        ({"fiscal_year": [str(year) for year in range(2000, 2060)]}, "fiscal_year"),
        ({"amount_cny.min": "1e3"}, "amount_cny.min"),
        ({"amount_cny": "0.001"}, "amount_cny"),
        ({"amount_cny": "1" * 19}, "amount_cny"),
        ({"confidence.min": "nan"}, "confidence.min"),
        ({"amount_cny.null": "yes"}, "amount_cny.null"),
        ({"document_id": "xyz"}, "document_id"),
        ({"document_id": "0" * 16 + "\n"}, "document_id"),
        ({"region_code.prefix": "%"}, "region_code.prefix"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"format": "xml"}, "format"),
        ({"columns": "processing_id"}, "columns"),
        ({"columns": "line_id, page"}, "columns"),
        ({"line_label.contains": "x" * 201}, "line_label.contains"),
        ({"bbox": "1"}, "bbox"),
        ({"sql": "select 1"}, "sql"),
        ({"line_label.min": "1"}, "line_label.min"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "a b"}, "cursor"),
        ({"as_of": ""}, "as_of"),
    ],
)
def test_what_cannot_be_meant_is_refused(client, parameters, about):
    problem = refuse(client.get("/core_budget_lines", params=parameters))
    assert [error["parameter"].split(".0")[0] for error in problem["errors"]] == [about]


@pytest.mark.parametrize(
    "text", ["'; drop table core_budget_lines; --", '"', "\x00", "\ud800", "%", "../../etc/passwd", "<script>", "1' or '1'='1"]
)
def test_hostile_text_is_only_text(client, text):
    given = text.encode("utf-8", "surrogatepass")
    query = "".join(f"%{byte:02x}" for byte in given)
    answer = client.get(f"/core_budget_lines?line_label={query}&total=true").json()
    assert (answer["total"], answer["rows"]) == (0, [])
    assert client.get("/core_budget_lines", params={"total": "true"}).json()["total"] == 18


def make_cursor(*parts) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def test_a_cursor_belongs_to_its_question_and_cannot_be_made_up(client):
    link = client.get("/core_budget_lines", params={"limit": 2, "fiscal_year": 2020}).json()["next"]
    cursor = httpx.URL(link).params["cursor"]
    state, place, digest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    problem = refuse(client.get("/core_budget_lines", params={"cursor": cursor, "fiscal_year": 2021}))
    assert "another question" in problem["detail"]
    for made in (
        (state, -1, digest),
        (state, True, digest),
        (state, 1 << 70, digest),
        (2, 1, digest),
        (state, place),
        ([], {}, ""),
        ("9", place, digest),
        ("../1", place, digest),
        ("-1", place, digest),
        ("9" * 30, place, digest),
    ):
        answer = client.get("/core_budget_lines", params={"cursor": make_cursor(*made), "limit": 2, "fiscal_year": 2020})
        refuse(answer)
    deep = base64.urlsafe_b64encode(b"[" * 200).decode().rstrip("=")
    refuse(client.get("/core_budget_lines", params={"cursor": deep}))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(client, method):
    answer = client.request(method, "/core_budget_lines", content=b"{}")
    refuse(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_every_answer_is_safe_for_a_browser(client):
    for path in ("", "/core_tables", "/nothing", "/core_tables?limit=x", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'"
        assert "server" not in headers


# The description


def test_the_openapi_document_says_what_the_metadata_say(client):
    document = client.get("/openapi.json").json()
    assert {path.rpartition("/")[2] for path in document["paths"]} - {"v1", "{table}"} == set(edition_resources())
    operation = document["paths"]["/api/v1/core_budget_lines"]["get"]
    assert get_resource("core_budget_lines").hazard.zh in operation["description"]
    parameters = {entry["name"]: entry for entry in operation["parameters"]}
    assert parameters["phase"]["schema"]["anyOf"][0]["items"]["enum"] == ["budget", "final"]
    field = get_resource("core_budget_lines").get_field("amount_cny")
    assert field.zh in parameters["amount_cny.min"]["description"]
    assert field.en in parameters["amount_cny.min"]["description"]
    text = json.dumps(document)
    assert "processing_id" not in text
    assert "raw_" not in {name[:4] for name in document["components"]["schemas"]}
    assert set(operation["responses"]) == {"200", "304", "4XX", "503"}


def test_the_list_of_tables_is_complete_in_both_languages(client):
    contents = client.get("").json()
    assert {table["name"] for table in contents["tables"]} == set(edition_resources())
    lines = next(table for table in contents["tables"] if table["name"] == "core_budget_lines")
    assert lines == client.get("/tables/core_budget_lines").json()
    phase = next(column for column in lines["columns"] if column["name"] == "phase")
    assert phase["words"] == {"budget": "预算", "final": "决算"}
    assert all(column["zh"] and column["en"] for table in contents["tables"] for column in table["columns"])


# Limits


class SlowSource:
    """One state with a table in which looking for a text takes its time."""

    def __init__(self, path: Path) -> None:
        make_slow_edition(path)
        self._path = path

    def find_newest(self) -> str:
        return "1"

    def find(self, text: str) -> str:
        return "1"

    def open(self, state: str) -> Edition:
        return Edition(self._path, state, "")

    def let_go(self, edition: Edition) -> None:
        pass


@pytest.fixture(scope="module")
def slow(tmp_path_factory) -> SlowSource:
    return SlowSource(tmp_path_factory.mktemp("module") / "slow.duckdb")


def test_a_question_that_takes_too_long_is_broken_off(slow):
    with run_api(slow, Limits(seconds=0.01)) as client:
        problem = refuse(client.get("/ref_regions", params={"name.contains": "no such text"}), 503)
        assert "longer than 0.01 s" in problem["detail"]
        assert client.get("").status_code == 200


def test_too_many_questions_are_told_to_come_again(slow):
    answers = []
    with run_api(slow, Limits(parallel=1, waiting=2, seconds=60)) as client:

        def ask() -> None:
            answers.append(client.get("/ref_regions", params={"name.contains": "no such text"}))

        threads = [threading.Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    answered = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(answers) == len(answered) + len(refused) == 12
    assert len(answered) >= 3
    assert refused
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert all(answer.json()["type"] == "urn:yusuan:problem:busy" for answer in refused)


# The command


def test_the_command_serves_portal_and_api_until_it_is_stopped(tmp_path):
    make_warehouse(tmp_path / "data/warehouse")
    yusuan = Path(sys.executable).with_name("yusuan")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YUSUAN_")} | {"PYTHONUNBUFFERED": "1"}
    command = [str(yusuan), "serve", "--api", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            lines = iter(process.stdout.readline, "")
            pages, api = next(found for line in lines if len(found := re.findall(r"http://127[^ ;,]+", line)) > 1)[:2]
            with httpx.Client(timeout=PATIENT, trust_env=False) as client:
                check_both(client, pages, api)
        finally:
            process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert "Traceback" not in rest
        assert process.wait(timeout=30) in {0, 130}
    for words, told in ((["--api"], "no warehouse in"), (["--release", "latest"], "add --api")):
        done = subprocess.run(
            [str(yusuan), "serve", *words], cwd=tmp_path / "data", env=clean, capture_output=True, text=True, check=False
        )
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def check_both(client: httpx.Client, pages: str, api: str) -> None:
    """Pages and answers come from one address, and each has its own policy and its own word for what is not there."""
    home, answer = client.get(f"{pages}zh/index.html"), client.get(f"{api}/core_disclosures", params={"limit": 1})
    assert (home.status_code, home.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert "script-src" in home.headers["content-security-policy"]
    assert answer.json()["next"].startswith("/api/v1/core_disclosures?")
    assert client.get(f"{pages[:-1]}{answer.json()['next']}").json()["next"] is None
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    refuse(client.get(f"{api}/nothing"), 404)
    assert client.get(f"{pages}nothing").headers["content-type"].startswith("text/html")
    paths = client.get(f"{api}/openapi.json").json()["paths"]
    assert "/api/v1/core_disclosures" in paths
