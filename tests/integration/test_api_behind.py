"""The query service when a newer state cannot be opened: it goes on with the one before, and says so to everybody."""

import re
import shutil
import time

import pytest
from api_server import PATIENT, run_api, wait_for_state
from made_release import commit, make_release, make_warehouse
from made_rows import FUNCTION_ROWS, make_coded_table, make_document

from flows.api.behind import describe_behind
from flows.api.limits import Limits, choose_pause
from flows.api.sources import ReleaseSource, WarehouseSource

pytestmark = pytest.mark.integration
OFTEN = Limits(refresh_seconds=0.05, seconds=PATIENT)


def wait_until_behind(client):
    """What the service says of it."""
    deadline = time.monotonic() + PATIENT
    while (behind := client.get("").json()["state"]["behind"]) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return behind


def test_a_newer_state_that_cannot_be_written_is_told_until_it_can(tmp_path):
    store = make_warehouse(tmp_path / "warehouse")
    folder = tmp_path / "states"
    folder.mkdir()
    with run_api(WarehouseSource(store, folder), OFTEN) as client:
        assert client.get("").json()["state"]["behind"] is None
        tag = client.get("").headers["etag"]
        shutil.rmtree(folder)
        commit(store, make_document("丙", lines=make_coded_table("丙", FUNCTION_ROWS)))
        behind = wait_until_behind(client)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", behind["since"])
        assert behind["state"] == "3"
        assert behind["why"].startswith("state 3 could not be opened: a file could not be read or written")
        assert str(tmp_path) not in behind["why"]
        answer = client.get("/core_disclosures", params={"total": "true", "format": "csv"})
        assert (answer.headers["yusuan-state"], answer.headers["yusuan-total"]) == ("2", "2")
        assert answer.headers["yusuan-behind"] == f"since {behind['since']}; {behind['why']}"
        # Who has the answer already, or the list of tables, is told as well; who asks for a named state gets what was asked for.
        again = client.get("/core_disclosures", headers={"If-None-Match": "*"})
        assert (again.status_code, again.headers["yusuan-behind"]) == (304, answer.headers["yusuan-behind"])
        assert client.get("", headers={"If-None-Match": tag}).status_code == 200
        assert "yusuan-behind" not in client.get("/core_disclosures", params={"as_of": "2"}).headers
        folder.mkdir()
        wait_for_state(client, "3")
        assert client.get("").json()["state"]["behind"] is None
        assert "yusuan-behind" not in client.get("/core_disclosures").headers


def test_a_damaged_release_is_told_and_so_is_a_folder_that_is_gone(tmp_path):
    releases = make_release(tmp_path).parent
    damaged = shutil.copytree(releases / "1.0", releases / "1.1") / "data/yusuan.duckdb"
    damaged.write_bytes(damaged.read_bytes() + b"x")
    latest = releases / "latest"
    latest.unlink()
    latest.symlink_to("1.0")
    with run_api(ReleaseSource(releases), OFTEN) as client:
        latest.unlink()
        # Now there is no newest release, and then one that cannot be opened: the reason changes, the moment does not.
        nowhere = wait_until_behind(client)
        assert nowhere["state"] is None
        assert nowhere["why"].startswith("it could not be found out whether there is a newer state")
        assert str(tmp_path) not in nowhere["why"]
        latest.symlink_to("1.1")
        deadline = time.monotonic() + PATIENT
        while (behind := wait_until_behind(client))["state"] != "1.1":
            assert time.monotonic() < deadline
        assert "release 1.1 is damaged: data/yusuan.duckdb" in behind["why"]
        assert behind["since"] == nowhere["since"]
        assert client.get("/core_disclosures", params={"total": "true"}).json()["total"] == 2


def test_what_fails_again_and_again_is_tried_more_seldom():
    pauses = [choose_pause(10, failures) for failures in (0, 1, 2, 3, 4, 5, 100_000)]
    assert pauses == [10, 20, 40, 80, 160, 300, 300]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device", "/srv/secret"), "there is no room left on the disk"),
        (MemoryError("/srv/secret"), "not enough memory"),
        (PermissionError(13, "Permission denied", "/srv/secret"), "a file could not be read or written"),
        (RuntimeError("s3://key:secret@bucket"), "something unexpected (RuntimeError)"),
    ],
)
def test_the_sentence_names_the_kind_of_fault_and_no_place(error, told):
    behind = describe_behind(error, "7", None)
    assert told in behind.why
    assert "secret" not in behind.why
    assert describe_behind(RuntimeError(), None, behind).since == behind.since
