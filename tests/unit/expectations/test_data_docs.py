import pytest

from expectations.data_docs import find_foreign_references, localise_page, make_offline


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<script crossorigin src='//cdn.example/x.js'></script>",
        '<link rel="stylesheet" href="http://cdn.example/x.css"/>',
        '<img class="NO-CACHE"\n src="https://cdn.example/logo.png?d=1" alt="x"/>',
        "<style>a { background: url('https://cdn.example/x.png') 0 0; }</style>",
        "<style>@import 'https://cdn.example/x.css';</style>",
        '<iframe src="https://cdn.example/"></iframe>',
    ],
)
def test_what_a_page_would_load_is_found_and_taken_out(html: str):
    assert len(find_foreign_references(html)) == 1
    assert find_foreign_references(localise_page(html, "v", "index.html")) == ()
    assert "cdn.example" not in localise_page(html, "v", "index.html")


@pytest.mark.parametrize(
    ("address", "copy"),
    [
        ("https://unpkg.com/bootstrap-table@1.19.1/dist/bootstrap-table.min.js", "bootstrap-table.min.js"),
        ("https://unpkg.com/bootstrap-table@9/dist/extensions/filter-control/bootstrap-table-filter-control.min.js",
         "bootstrap-table-filter-control.min.js"),
        ("https://stackpath.bootstrapcdn.com/bootstrap/4.3.1/js/bootstrap.min.js", "bootstrap.min.js"),
        ("https://code.jquery.com/jquery-3.7.1.min.js", "jquery.min.js"),
    ],
)  # fmt: skip
def test_a_known_script_comes_from_its_copy(address: str, copy: str):
    html = localise_page(f'<script src="{address}" integrity="sha384-x" crossorigin="anonymous"></script>', "../v", "i")
    assert html == f'<script src="../v/{copy}"></script>'


def test_links_that_a_person_may_click_are_kept():
    html = '<a href="https://portal.example/a.pdf#page=3">3</a>'
    assert find_foreign_references(html) == ()
    assert localise_page(html, "v", "i") == html


def test_every_page_finds_its_copies_from_where_it_lies(tmp_path):
    page = tmp_path / "gx" / "a" / "b.html"
    page.parent.mkdir(parents=True)
    page.write_text('<link href="https://maxcdn.example/bootstrap/4.3.1/css/bootstrap.min.css"/>')
    make_offline(tmp_path)
    assert page.read_text() == '<link rel="stylesheet" href="../../vendored/bootstrap.min.css">'
    assert (page.parent / "../../vendored/bootstrap.min.css").resolve().is_file()


def test_the_copies_are_small_and_each_has_its_licence_named(tmp_path):
    make_offline(tmp_path)
    files = list((tmp_path / "vendored").iterdir())
    readme = (tmp_path / "vendored" / "README.md").read_text()
    assert sum(path.stat().st_size for path in files) < 1_000_000
    assert [path.name for path in files if path.suffix in {".js", ".css"} and path.stem.split(".")[0] not in readme] == []
