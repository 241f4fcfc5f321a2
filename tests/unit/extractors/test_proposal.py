"""What a page suggests for its own source, each guess with what it rests on."""

import pytest

from extractors.platforms.page import parse_page
from extractors.proposal import make_source_id, propose_source
from extractors.sources import SourceError, parse_source
from warehouse.codes import load_regions

TRS = '<html><head>{head}<title>{title}</title></head><body><script>createPageHTML(2, 0, "index", "html")</script></body></html>'


def propose(head="", title="", url="http://czj.sample.gov.cn/ys/", known=(), **values):
    return propose_source(parse_page(TRS.format(head=head, title=title).encode(), url), url, load_regions(), known, **values)


def test_the_yaml_is_one_that_the_registry_accepts():
    proposal = propose(head='<meta name="SiteIDCode" content="4201030001">')
    assert parse_source(proposal.yaml_text, "sample-czj") == proposal.source
    assert not proposal.source.enabled


def test_the_family_is_told_with_its_mark():
    proposal = propose()
    assert proposal.platform.value == "trs"
    assert "createPageHTML(" in proposal.platform.reason


def test_a_page_of_two_families_names_the_other():
    proposal = propose(head="<!-- /system/_content/download.jsp -->")
    assert (proposal.platform.value, "trs" in proposal.platform.reason) == ("boda", True)


@pytest.mark.parametrize(
    ("head", "title", "code", "reason"),
    [
        ('<meta name="SiteIDCode" content="4201030001">', "", "420103", "SiteIDCode"),
        ("", "预算公开_武汉市财政局", "420100", "武汉市"),
        ("", "预算公开", "", "fill it in"),
        ("", "鼓楼区财政局", "", "regions"),
    ],
)
def test_the_region_comes_from(head, title, code, reason):
    region = propose(head=head, title=title).region
    assert region.value == code
    assert reason in region.reason


def test_the_region_of_a_known_source_under_the_same_domain_counts():
    known = parse_source('{id: a, region_code: "370100", publisher: x, landing_urls: ["http://www.sample.gov.cn/"]}', "a")
    assert propose(known=[known]).region.value == "370100"


def test_the_name_is_the_host_with_the_domain_first():
    assert make_source_id("http://jncz.jinan.gov.cn/col/col115040") == "jinan-jncz"


def test_a_host_of_numbers_gives_no_name():
    with pytest.raises(SourceError, match="--id"):
        make_source_id("http://127.0.0.1/")
