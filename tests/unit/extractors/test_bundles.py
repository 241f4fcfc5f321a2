"""What comes out of bundles, honest ones and hostile ones."""

import gzip
import io
import random
import shutil
import stat
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from rar_writer import make_rar

from extractors.bundle_tools import find_tool
from extractors.bundles import BundleLimits, BundleMember, BundleTrouble, open_bundle

PDF = b"%PDF-1.4 budget"
ODD = Path(__file__).parents[3].parent / "shared" / "corpus" / "odd"
SMALL = BundleLimits(max_members=10, max_member_bytes=1 << 20, max_bytes=4 << 20, max_ratio=20, free_bytes=1 << 16, seconds=20)

needs_rar = pytest.mark.skipif(find_tool("rar") is None, reason="no program that opens rar is here (bsdtar): rar is not tried")
needs_7z = pytest.mark.skipif(shutil.which("bsdtar") is None, reason="no bsdtar is here to pack a 7z: 7z is not tried")


def make_zip(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


def make_gbk_zip(name, content):
    """A zip whose name is GBK without the flag that would say UTF-8, as Chinese programs write it."""
    raw = name.encode("gbk")
    plain = "n" * len(raw)
    return make_zip({plain: content}).replace(plain.encode(), raw)


def opened(content, limits=SMALL):
    items = list(open_bundle(content, limits))
    members = {item.name: item.content for item in items if isinstance(item, BundleMember)}
    return members, [item for item in items if isinstance(item, BundleTrouble)]


def kinds(troubles):
    return [trouble.kind for trouble in troubles]


def test_the_files_of_a_zip_come_out_whole():
    assert opened(make_zip({"a.pdf": PDF, "局/b.pdf": PDF * 2})) == ({"a.pdf": PDF, "局/b.pdf": PDF * 2}, [])


def test_names_in_gbk_are_read():
    members, _ = opened(make_gbk_zip("示例局2026年部门预算.pdf", PDF))
    assert list(members) == ["示例局2026年部门预算.pdf"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "C:\\etc\\passwd", "./../etc/./passwd"]
)
def test_a_name_leads_nowhere(name):
    members, _ = opened(make_zip({name: PDF}))
    assert members == {"etc/passwd": PDF}


def test_a_link_is_no_file():
    entry = zipfile.ZipInfo("link.pdf")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr(entry, "/etc/passwd")
        bundle.writestr("a.pdf", PDF)
    members, troubles = opened(buffer.getvalue())
    assert (list(members), kinds(troubles)) == (["a.pdf"], ["bundle-member-unreadable"])


def test_a_bomb_of_one_file_ends_at_the_ratio():
    started = time.monotonic()
    members, troubles = opened(
        make_zip({"a.pdf": PDF, "bomb": b"\0" * (64 << 20)}), BundleLimits(max_ratio=20, free_bytes=1 << 16)
    )
    assert (list(members), kinds(troubles)) == (["a.pdf"], ["bundle-too-large"])
    assert time.monotonic() - started < 5


def test_a_bomb_of_many_files_ends_at_the_total():
    noise = Path(__file__).read_bytes()
    many = {f"{number}.txt": noise * 40 for number in range(9)}
    _, troubles = opened(make_zip(many, zipfile.ZIP_STORED), SMALL.model_copy(update={"max_bytes": 1 << 20}))
    assert kinds(troubles) == ["bundle-too-large"]


def test_a_bomb_of_nested_bundles_counts_as_one():
    inner = make_zip({f"{number}": b"\0" * 300_000 for number in range(3)})
    middle = make_zip({f"{number}.zip": inner for number in range(3)})
    _, troubles = opened(
        make_zip({f"{number}.zip": middle for number in range(3)}), SMALL.model_copy(update={"max_members": 500})
    )
    assert kinds(troubles) == ["bundle-too-large"]


def test_too_many_files_end_at_the_count():
    members, troubles = opened(make_zip({f"{number}.txt": b"x" for number in range(50)}))
    assert (len(members), kinds(troubles)) == (10, ["bundle-too-large"])


def test_one_file_over_the_limit_leaves_the_others():
    big = Path(__file__).read_bytes() * 300
    members, troubles = opened(make_zip({"big": big, "a.pdf": PDF}, zipfile.ZIP_STORED))
    assert (list(members), kinds(troubles)) == (["a.pdf"], ["bundle-member-unreadable"])


def test_a_bundle_in_a_bundle_is_opened():
    members, troubles = opened(make_zip({"局.zip": make_zip({"a.pdf": PDF})}))
    assert (members, troubles) == ({"局.zip/a.pdf": PDF}, [])


def test_a_bundle_deeper_than_the_limit_comes_out_as_it_is():
    inner = make_zip({"a.pdf": PDF})
    for _ in range(4):
        inner = make_zip({"n.zip": inner})
    members, _ = opened(inner)
    (name,) = members
    assert (name, members[name][:2]) == ("n.zip/n.zip/n.zip", b"PK")


def test_what_programs_leave_is_no_document():
    litter = {"__MACOSX/._a.pdf": b"x", ".DS_Store": b"x", "局/Thumbs.db": b"x", "~$a.docx": b"x", "a.pdf": PDF}
    assert list(opened(make_zip(litter))[0]) == ["a.pdf"]


def test_a_damaged_member_leaves_the_others():
    content = make_zip({"a.pdf": PDF, "b.pdf": b"%PDF-1.4 other"}, zipfile.ZIP_STORED).replace(PDF, b"%PDF-1.4 budgeX", 1)
    members, troubles = opened(content)
    assert (list(members), [(trouble.kind, trouble.name) for trouble in troubles]) == (
        ["b.pdf"],
        [("bundle-member-unreadable", "a.pdf")],
    )


def test_a_cut_zip_is_damaged():
    assert kinds(opened(make_zip({"a.pdf": PDF})[:-30])[1]) == ["bundle-damaged"]


def test_a_member_with_a_password_is_told():
    content = bytearray(make_zip({"a.pdf": PDF}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    _, (trouble,) = opened(bytes(content))
    assert (trouble.kind, trouble.reason) == ("bundle-member-unreadable", "it asks for a password")


def test_a_tar_with_gzip_is_opened_and_its_links_are_not_followed():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        entry = tarfile.TarInfo("../局/a.pdf")
        entry.size = len(PDF)
        tar.addfile(entry, io.BytesIO(PDF))
    members, troubles = opened(buffer.getvalue())
    assert (members, kinds(troubles)) == ({"局/a.pdf": PDF}, ["bundle-member-unreadable"])


def test_a_gzip_of_something_else_is_told():
    assert kinds(opened(gzip.compress(b"not a tar at all"))[1]) == ["bundle-damaged"]


def test_a_name_that_is_no_text_becomes_one():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        entry = tarfile.TarInfo("a\udcff.pdf")
        entry.size = len(PDF)
        tar.addfile(entry, io.BytesIO(PDF))
    (name,) = opened(buffer.getvalue())[0]
    assert name.encode("utf-8").decode() == "a?.pdf"


@pytest.mark.parametrize("seed", range(8))
def test_a_bundle_with_flipped_bytes_never_raises(seed):
    dice = random.Random(seed)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as bundle:
        bundle.add(__file__, "局/a.py")
    for whole in (
        make_zip({"局/a.pdf": PDF * 50, "b.zip": make_zip({"c.pdf": PDF})}),
        tar.getvalue(),
        make_zip({"a": PDF}, zipfile.ZIP_LZMA),
    ):
        for _ in range(60):
            content = bytearray(whole)
            for _ in range(dice.randint(1, 12)):
                content[dice.randrange(2, len(content))] = dice.randrange(256)
            for item in open_bundle(bytes(content[: dice.randint(20, len(content))] if dice.random() < 0.3 else content), SMALL):
                assert isinstance(item, BundleMember | BundleTrouble)


@needs_rar
def test_the_files_of_a_rar_come_out_whole():
    assert opened(make_rar({"a.pdf": PDF, "局/预算.pdf": PDF * 2})) == ({"a.pdf": PDF, "局/预算.pdf": PDF * 2}, [])


@needs_rar
def test_a_name_in_a_rar_leads_nowhere():
    assert list(opened(make_rar({"../../a.pdf": PDF}))[0]) == ["a.pdf"]


@needs_rar
def test_a_rar_larger_than_its_limit_is_stopped():
    content = make_rar({f"{number}": b"x" * 400_000 for number in range(9)})
    members, troubles = opened(content, SMALL.model_copy(update={"max_bytes": 1 << 20}))
    assert (len(members), kinds(troubles)) == (2, ["bundle-too-large"])


@needs_rar
def test_a_damaged_rar_is_told():
    assert kinds(opened(make_rar({"a.pdf": PDF})[:40])[1]) == ["bundle-damaged"]


def test_without_a_program_a_rar_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kinds(opened(make_rar({"a.pdf": PDF}))[1]) == ["bundle-tool-missing"]


@needs_7z
@pytest.mark.parametrize("program", ["bsdtar", "7zz"])
def test_the_files_of_a_7z_come_out_whole(tmp_path, monkeypatch, program):
    if shutil.which(program) is None:
        pytest.skip(f"no {program} is here: 7z is not tried with it")
    bsdtar = shutil.which("bsdtar")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    folder = tmp_path / "局"
    folder.mkdir()
    (folder / "预算 @1.pdf").write_bytes(PDF)
    (folder / "a.pdf").write_bytes(PDF * 2)
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    subprocess.run([bsdtar, "--format=7zip", "-cf", "x.7z", "局"], cwd=tmp_path, check=True, env=environment)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_tool("7z").path.endswith(program)
    members, troubles = opened((tmp_path / "x.7z").read_bytes())
    assert (members, troubles) == ({"局/预算 @1.pdf": PDF, "局/a.pdf": PDF * 2}, [])


@pytest.mark.corpus
@pytest.mark.skipif(not ODD.is_dir(), reason="../shared/corpus/odd is not here: bundles as portals send them are not tried")
@pytest.mark.parametrize(
    ("name", "inside"),
    [("disclosure_gbk_names.zip", "上海市退役军人服务中心"), ("zip_called.rar", "上海市退役军人服务中心"), ("truncated.zip", "")],
)
def test_bundles_as_portals_send_them(name, inside):
    members, troubles = opened((ODD / name).read_bytes(), BundleLimits())
    pdfs = [member for member, content in members.items() if content.startswith(b"%PDF-")]
    assert [inside in member for member in pdfs] == ([True] if inside else [])
    assert kinds(troubles) == ([] if inside else ["bundle-damaged"])
