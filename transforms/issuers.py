"""The issuer's name as the document gives it: title, page headers, labels (部门名称：X), then the subjects of its sentences.

Promise: a name ends as the name of an organisation ends, unless it stands in the title; a place or 本部门 is no issuer.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from transforms.document_terms import alternatives, load_document_terms
from transforms.evidence import Read, first, most_common
from transforms.titles import (
    BRACKETS,
    YEAR,
    Document,
    Line,
    Title,
    clean_name,
    compact_text,
    cut_value,
    ends_as_organisation,
    read_label,
)

NAME_LENGTH = range(3, 41)


def find_issuer(document: Document) -> Read | None:
    """The issuer as the document gives it, marks included."""
    return (
        first(_read_block_labels(document.block))
        or first(Read(t.issuer, "title", t.page, t.text) for t in document.titles if _names_issuer(t))
        or first(_iterate_lone_names(document.block))
        or most_common(Read(t.issuer, "header", t.page, t.text) for t in document.headers if _is_organisation(t.issuer))
        or _find_labelled_issuer(document)
        or most_common(_iterate_text_issuers(document.lines))
    )


def find_portal_issuer(portal: Document, department: str) -> Read | None:
    """The issuer as the portal gives it."""
    if name := compact_text(department):
        return Read(name, "portal", None, name)
    return first(Read(t.issuer, "portal", None, t.text) for t in portal.titles if _names_issuer(t))


def _read_block_labels(block: Sequence[Line]) -> Iterator[Read]:
    """`预算单位：X` under the title; a name may go on in the next line."""
    for line, following in zip_longest(block, block[1:]):
        label = read_label(line.text)
        if not label:
            continue
        if _is_organisation(label[1]):
            yield Read(label[1], "title", line.page, line.text)
        elif following and not read_label(following.text) and ends_as_organisation(label[1] + following.text):
            yield Read(label[1] + following.text, "title", line.page, line.text + following.text)


def _iterate_lone_names(block: Sequence[Line]) -> Iterator[Read]:
    """Names that have a line of the title page for themselves."""
    for line in block:
        name = line.text.strip("—-·")
        if _is_organisation(name):
            yield Read(name, "title", line.page, line.text)


def _find_labelled_issuer(document: Document) -> Read | None:
    """The value that most labels of the strongest kind carry."""
    found: dict[int, list[Read]] = {}
    everything = (*document.captions, *document.lines)
    for line, following in zip_longest(everything, everything[1:]):
        label = read_label(line.text)
        if not label:
            continue
        # A label alone in its cell has its value in the next one.
        value = label[1] or (cut_value(following.text) if following else "")
        if _is_organisation(value):
            text = line.text if label[1] else line.text + value
            found.setdefault(label[0], []).append(Read(value, "label", line.page or None, text))
    return next((read for rank in sorted(found) if (read := most_common(found[rank]))), None)


def _iterate_text_issuers(lines: Sequence[Line]) -> Iterator[Read]:
    """Names that stand before their year as the subject of a sentence or heading: X2026年度收入…"""
    subjects = alternatives(load_document_terms().text_subjects)
    pattern = re.compile(rf"(?<![\w×＊*])(?P<name>[\u4e00-\u9fff（）()·]{{4,40}}?){YEAR}(?:{subjects})")
    for line in lines:
        for match in pattern.finditer(line.text):
            name = clean_name(match["name"])
            if _is_organisation(name):
                yield Read(name, "text", line.page, match[0])


def _names_issuer(title: Title) -> bool:
    # X2026年部门预算 names X whatever its ending; 2026年政府采购预算表 names nobody.
    return _is_issuer(title.issuer) and (title.scope is not None or ends_as_organisation(title.issuer))


def _is_organisation(name: str) -> bool:
    return _is_issuer(name) and ends_as_organisation(name)


def _is_issuer(name: str) -> bool:
    """Long enough for a name, made of its characters, and not what a document calls itself or a place."""
    terms = load_document_terms()
    if len(name) not in NAME_LENGTH or not re.fullmatch(r"[\u4e00-\u9fff（）()·、“”]+", name):
        return False
    return name not in terms.self_names and not re.fullmatch(r".{1,12}(?:省|市|区|县|州|盟|旗)", name)


def drop_marks(name: str) -> str:
    """The name without （汇总）, which is about the document; （本级） is part of what is published as the name."""
    for mark in load_document_terms().dropped_marks:
        if name.translate(BRACKETS).endswith(mark):
            return name[: -len(mark)]
    return name
