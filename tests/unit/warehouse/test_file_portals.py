"""Publishing to folders and buckets: planned by reading, written once, gone on with, and nothing lost."""

import json
import shutil
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest
import yaml
from file_server import serve_files
from made_release import drop_table, make_next_release, make_release, write_sums
from s3_server import run_s3_server

from flows.subscribing import bring_up_to_date
from warehouse.catalogue.release import SUMS, ReleaseUnreadableError, check_release, read_catalogue
from warehouse.object_storage import ObjectStorage, open_filesystem
from warehouse.portals.files import LEDGER
from warehouse.portals.hugging_face import HuggingFaceTarget
from warehouse.portals.plan import PublishError, apply_plan
from warehouse.portals.releases import ReleaseTarget
from warehouse.portals.stores import BucketStore, Content, FolderStore
from warehouse.release_check import DUCKDB_FILE

HIDDEN = "not shown"


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("module")
    return make_release(folder), make_next_release(folder)


@pytest.fixture
def make_folder(tmp_path):
    """A function that makes a store by name: the same name, the same place."""
    return lambda name, **options: CountingFolder(tmp_path / name, **options)


@pytest.fixture(scope="module")
def bucket():
    with run_s3_server() as place:
        yield open_filesystem(place.storage), place.path


@pytest.fixture
def make_bucket(bucket):
    files, path = bucket
    own = f"{path}/{uuid4().hex}"
    return lambda name, **options: CountingBucket(files, f"{own}/{name}", **options)


@pytest.fixture(params=["folder", "bucket"])
def make_store(request):
    """As `make_folder`, at each kind of place."""
    return request.getfixturevalue(f"make_{request.param}")


class Counting:
    """A store that counts its writes, and refuses them from the n-th on."""

    def __init__(self, *place, writes_left=10_000):
        super().__init__(*place)
        self.writes, self.writes_left = [], writes_left

    def _count(self, what):
        if len(self.writes) >= self.writes_left:
            raise PublishError("no space left")
        self.writes.append(what)

    def put(self, path, content):
        self._count(path)
        super().put(path, content)

    def move(self, path, to):
        self._count(path)
        super().move(path, to)

    def delete(self, path):
        self._count(path)
        super().delete(path)


class CountingFolder(Counting, FolderStore):
    pass


class CountingBucket(Counting, BucketStore):
    pass


def publish(target, release: Path) -> list[str]:
    """What was done, as `verb subject`."""
    done = []
    plan = target.plan(read_catalogue(release))
    apply_plan(plan, lambda step: done.append(f"{step.verb} {step.subject}"))
    return done


def rename_version(release: Path, to: Path) -> Path:
    """The same release under the version that the folder is named after."""
    shutil.copytree(release, to)
    for name in ("datapackage.json", "release.json"):
        content = json.loads((to / name).read_text("utf-8"))
        assert content["version"] == release.name
        (to / name).write_text(json.dumps({**content, "version": to.name}), encoding="utf-8")
    write_sums(to)
    return to


def list_stored(store) -> dict[str, bytes]:
    return {path: store.read(path) for path in store.list_files()}


def list_bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", [ReleaseTarget, HuggingFaceTarget])
def test_a_plan_writes_nothing_and_a_second_run_has_nothing_to_write(releases, make_store, kind):
    store = make_store("out")
    assert kind(store).plan(read_catalogue(releases[0])).steps
    assert store.writes == []
    assert publish(kind(store), releases[0])
    written = len(store.writes)
    again = kind(store).plan(read_catalogue(releases[0]))
    assert again.steps == ()
    assert again.unchanged >= written - 1  # the ledger is not counted
    assert publish(kind(store), releases[0]) == []
    assert len(store.writes) == written


@pytest.mark.parametrize("kind", [ReleaseTarget, HuggingFaceTarget])
@pytest.mark.parametrize("share", [0.5, 0.99])
def test_what_was_cut_off_is_gone_on_with(releases, make_store, kind, share):
    whole = publish(kind(make_store("whole")), releases[0])
    left = int(len(whole) * share)
    with pytest.raises(PublishError, match="no space left"):
        publish(kind(make_store("out", writes_left=left)), releases[0])
    there, expected = make_store("out").list_files().keys(), make_store("whole").list_files().keys()
    assert not there & {"index.json", "latest/release.json"} or there == expected - {LEDGER}
    rest = publish(kind(make_store("out")), releases[0])
    assert rest == whole[left:]
    stored, wanted = (list_stored(make_store(name)) for name in ("out", "whole"))
    assert {**stored, LEDGER: b""} == {**wanted, LEDGER: b""}


def test_a_bucket_is_like_a_folder(releases, make_folder, make_bucket):
    publish(ReleaseTarget(make_folder("folder")), releases[0])
    with pytest.raises(PublishError, match="no space left"):
        publish(ReleaseTarget(make_bucket("bucket", writes_left=40)), releases[0])
    publish(ReleaseTarget(make_bucket("bucket")), releases[0])
    there, expected = list_stored(make_bucket("bucket")), list_stored(make_folder("folder"))
    assert {**there, LEDGER: b""} == {**expected, LEDGER: b""}
    assert publish(ReleaseTarget(make_bucket("bucket", writes_left=0)), releases[0]) == []
    make_bucket("bucket").move("1.0/README.md", "1.0/elsewhere.md")
    assert publish(ReleaseTarget(make_bucket("bucket")), releases[0])[:2] == ["create 1.0/README.md", "remove 1.0/elsewhere.md"]
    assert publish(ReleaseTarget(make_bucket("bucket", writes_left=0)), releases[0]) == []


def test_a_new_release_leaves_the_one_before_alone(releases, tmp_path):
    store = FolderStore(tmp_path)
    publish(ReleaseTarget(store), releases[0])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "1.0").rglob("*")}
    done = publish(ReleaseTarget(store), releases[1])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "1.0").rglob("*")} == before
    assert done[-3:] == ["update latest/release.json", "update index.json", "update .yusuan-published.json"]
    index = json.loads((tmp_path / "index.json").read_text("utf-8"))
    assert (index["latest"], list(index["versions"])) == ("1.1", ["1.0", "1.1"])
    for version, release in zip(("1.0", "1.1"), releases, strict=True):
        assert list_bytes(tmp_path / version) == list_bytes(release)


def test_a_data_set_that_is_gone_is_retired_and_one_that_comes_back_is_published(releases, make_store, tmp_path):
    out = make_store("out")
    publish(ReleaseTarget(out), releases[0])
    before = out.read("1.0/data/out_three_public.parquet")
    smaller = shutil.copytree(releases[1], tmp_path / "smaller")
    drop_table(smaller, "out_three_public")
    assert "retire out_three_public" in publish(ReleaseTarget(out), smaller)
    entry = json.loads(out.read("index.json"))["data_sets"]["out_three_public"]
    assert (entry["status"], entry["version"]) == ("retired", "1.0")
    assert out.read("1.0/data/out_three_public.parquet") == before
    assert publish(ReleaseTarget(out), smaller) == []
    publish(ReleaseTarget(out), rename_version(releases[1], tmp_path / "1.2"))
    entry = json.loads(out.read("index.json"))["data_sets"]["out_three_public"]
    assert (entry["status"], entry["version"]) == ("published", "1.2")


def test_a_version_with_other_content_is_refused(releases, tmp_path):
    publish(ReleaseTarget(FolderStore(tmp_path / "out")), releases[0])
    other = shutil.copytree(releases[0], tmp_path / "other")
    (other / "CHANGES.md").write_text("others\n", encoding="utf-8")
    write_sums(other)
    with pytest.raises(PublishError, match="other content"):
        ReleaseTarget(FolderStore(tmp_path / "out")).plan(read_catalogue(other))


def test_an_older_release_does_not_become_the_newest(releases, tmp_path):
    publish(ReleaseTarget(FolderStore(tmp_path)), releases[1])
    with pytest.raises(PublishError, match=r"1\.1, newer than 1\.0"):
        ReleaseTarget(FolderStore(tmp_path)).plan(read_catalogue(releases[0]))


def test_a_release_that_was_built_again_is_the_same_although_its_duckdb_file_is_not(releases, tmp_path):
    publish(ReleaseTarget(FolderStore(tmp_path / "out")), releases[0])
    again = shutil.copytree(releases[0], tmp_path / "again")
    with (again / DUCKDB_FILE).open("ab") as file:
        file.write(b"another identity")
    write_sums(again)
    assert publish(ReleaseTarget(FolderStore(tmp_path / "out")), again) == []


@pytest.mark.parametrize("is_built_again", [False, True])
@pytest.mark.parametrize("is_gone", [False, True])
def test_a_duckdb_file_that_somebody_damaged_or_removed_is_put_right_with_its_sum(
    releases, make_store, tmp_path, is_built_again, is_gone
):
    store = make_store("out")
    publish(ReleaseTarget(store), releases[0])
    own = shutil.copytree(releases[0], tmp_path / "own")
    if is_built_again:
        with (own / DUCKDB_FILE).open("ab") as file:
            file.write(b"another identity")
        write_sums(own)
    path = f"1.0/{DUCKDB_FILE}"
    if is_gone:
        store.delete(path)
    else:
        # As long as before, so that only its content tells.
        store.put(path, Content.of_bytes(store.read(path)[::-1]))
    done = publish(ReleaseTarget(store), own)
    assert done[0] == f"{'create' if is_gone else 'update'} {path}"
    there = list_stored(store)
    assert {name: there[f"1.0/{name}"] for name in (DUCKDB_FILE, SUMS)} == {
        name: (own / name).read_bytes() for name in (DUCKDB_FILE, SUMS)
    }
    assert publish(ReleaseTarget(store), own) == []


def test_a_bucket_that_cannot_be_reached_is_told(releases):
    """Nothing listens there: what is raised is of no kind that Python knows."""
    storage = ObjectStorage(endpoint="http://127.0.0.1:9", access_key_id="a", secret_access_key=HIDDEN)
    with pytest.raises(PublishError, match=r"s3://bucket/x: Could not connect") as raised:
        ReleaseTarget(BucketStore(open_filesystem(storage), "bucket/x")).plan(read_catalogue(releases[0]))
    assert HIDDEN not in str(raised.value)


def test_a_file_of_the_release_that_goes_meanwhile_is_told(releases, tmp_path):
    own = shutil.copytree(releases[0], tmp_path / "own")
    plan = ReleaseTarget(FolderStore(tmp_path / "out")).plan(read_catalogue(own))
    (own / "CHANGES.md").unlink()
    with pytest.raises(PublishError, match=r"CHANGES\.md"):
        apply_plan(plan, lambda _: None)
    assert not (tmp_path / "out" / "index.json").exists()


def test_what_is_published_can_be_subscribed_to(releases, make_store, tmp_path):
    """Through a web server: what a bucket or a folder behind one gives."""
    store = make_store("out")
    publish(ReleaseTarget(store), releases[0])
    with serve_files() as server:
        server.files |= {f"/{path}": data for path, data in list_stored(store).items()}
        first = bring_up_to_date(server.url, tmp_path / "copy")
        publish(ReleaseTarget(store), releases[1])
        server.files |= {f"/{path}": data for path, data in list_stored(store).items()}
        second = bring_up_to_date(server.url, tmp_path / "copy")
    assert (first.after, second.after, second.way) == ("1.0", "1.1", "deltas")


def test_a_file_that_somebody_changed_is_put_right(releases, tmp_path):
    """As long as before, so that only its content tells."""
    publish(ReleaseTarget(FolderStore(tmp_path)), releases[0])
    path = tmp_path / "1.0/data/core_tables.parquet"
    path.write_bytes(path.read_bytes()[::-1])
    (tmp_path / "1.0/data/left over.parquet").write_bytes(b"")
    done = publish(ReleaseTarget(FolderStore(tmp_path)), releases[0])
    assert done[:2] == ["update 1.0/data/core_tables.parquet", "remove 1.0/data/left over.parquet"]
    assert list_bytes(tmp_path / "1.0") == list_bytes(releases[0])


def test_files_that_were_only_touched_are_not_written_again(releases, tmp_path):
    publish(ReleaseTarget(FolderStore(tmp_path / "out")), releases[0])
    shutil.copytree(tmp_path / "out", tmp_path / "moved", copy_function=shutil.copy)
    assert publish(ReleaseTarget(CountingFolder(tmp_path / "moved")), releases[0]) == []


def test_a_target_that_is_not_ours_is_told(releases, tmp_path):
    (tmp_path / "index.json").write_text("[]", encoding="utf-8")
    with pytest.raises(PublishError, match="not an index of ours"):
        ReleaseTarget(FolderStore(tmp_path)).plan(read_catalogue(releases[0]))


def test_a_broken_release_is_noticed_before_anything_is_planned(releases, tmp_path):
    broken = shutil.copytree(releases[0], tmp_path / "broken")
    path = broken / "data/core_tables.parquet"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(ReleaseUnreadableError, match=r"core_tables\.parquet is not what"):
        check_release(broken)
    assert check_release(releases[0]).version == "1.0"


# --- Hugging Face


def read_card(text: str) -> dict:
    return yaml.safe_load(text.split("---\n")[1])


def test_every_configuration_of_the_card_reads_its_table_whole(releases, tmp_path):
    publish(HuggingFaceTarget(FolderStore(tmp_path)), releases[0])
    catalogue = read_catalogue(releases[0])
    configs = {
        entry["config_name"]: entry["data_files"] for entry in read_card((tmp_path / "README.md").read_text("utf-8"))["configs"]
    }
    assert configs.keys() == {data_set.name for data_set in catalogue.data_sets}
    for data_set in catalogue.data_sets:
        there = duckdb.read_parquet(str(tmp_path / configs[data_set.name]))
        assert there.columns == [column.name for column in data_set.columns]
        csv = duckdb.read_csv(str(releases[0] / data_set.csv.path), all_varchar=True)
        assert there.count("*").fetchall() == csv.count("*").fetchall()


def test_the_year_is_a_column_there(releases, tmp_path):
    publish(HuggingFaceTarget(FolderStore(tmp_path)), releases[0])
    there = duckdb.read_parquet(f"{tmp_path}/data/core_budget_lines/*")
    here = duckdb.read_parquet(f"{releases[0]}/data/core_budget_lines/*/*", hive_partitioning=True)
    sums = [sorted(lines.aggregate("fiscal_year, count(*), sum(amount_cny)").fetchall()) for lines in (there, here)]
    assert sums[0] == sums[1] != []


def test_a_table_that_is_gone_moves_aside_and_comes_back(releases, make_store, tmp_path):
    out = make_store("out")
    publish(HuggingFaceTarget(out), releases[0])
    before = list_stored(out)
    smaller = shutil.copytree(releases[1], tmp_path / "smaller")
    drop_table(smaller, "core_budget_lines")
    done = publish(HuggingFaceTarget(out), smaller)
    assert "retire data/core_budget_lines/2020.parquet" in done
    kept = list_stored(out)["retired/core_budget_lines/2020.parquet"]
    assert kept == before["data/core_budget_lines/2020.parquet"]
    assert "core_budget_lines" not in {entry["config_name"] for entry in read_card(out.read("README.md").decode())["configs"]}
    assert "`retired/core_budget_lines/2020.parquet`" in out.read("README.md").decode()
    assert publish(HuggingFaceTarget(out), smaller) == []
    assert "remove retired/core_budget_lines/2020.parquet" in publish(HuggingFaceTarget(out), releases[1])
    assert publish(HuggingFaceTarget(out), releases[1]) == []
    assert not [path for path in out.list_files() if path.startswith("retired/")]


def test_data_that_was_not_published_from_here_is_not_touched(releases, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/theirs.parquet").write_bytes(b"theirs")
    with pytest.raises(PublishError, match=r"theirs\.parquet was not published from here"):
        HuggingFaceTarget(FolderStore(tmp_path)).plan(read_catalogue(releases[0]))
