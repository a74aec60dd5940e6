"""What authors expect of a DOCX and pandoc leaves out: numbers that count, tables that hold."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import count, pairwise
from xml.etree import ElementTree

Element = ElementTree.Element

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAME = re.compile(r"(?P<kind>Table|Figure) (?P<series>[A-Z]?)(?P<number>\d+)\.")
# Up to so many rows a table stays on one page where it can.
_WHOLE_ROWS = 14


def finished(content: bytes) -> bytes:
    """Return the main part of a DOCX as pandoc wrote it, with fields, and tables laid out.

    - The number of a caption is a field of its series, so that lists of tables and of figures can
      be inserted, and a link that shows a caption's name is a cross-reference to it.
    - Tables are as wide as the text. Rows do not break, a short table stays on one page, and a
      long one keeps its first and its last rows, the lines that head others, and its note.
    - The supplement begins on a page of its own.
    """
    for _, (prefix, namespace) in ElementTree.iterparse(io.BytesIO(content), ["start-ns"]):
        ElementTree.register_namespace(prefix, namespace)
    root = ElementTree.fromstring(content)
    body = next(root.iter(_tag("body")))
    _refer(body, _number_captions(body))
    _lay_out_tables(body)
    _open_supplement(body)
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _tag(name: str) -> str:
    return f"{{{_MAIN}}}{name}"


def _new(kind: str, /, **attributes: str) -> Element:
    return Element(_tag(kind), {_tag(key): value for key, value in attributes.items()})


def _style(paragraph: Element) -> str:
    found = paragraph.find(f"{_tag('pPr')}/{_tag('pStyle')}")
    return "" if found is None else found.get(_tag("val"), "")


def _text(element: Element) -> str:
    return "".join(part.text or "" for part in element.iter(_tag("t")))


def _run(like: Element, kind: str, text: str = "", /, **attributes: str) -> Element:
    """Return a run in the look of another, with one thing in it."""
    run = _new("r")
    look = like.find(_tag("rPr"))
    if look is not None:
        run.append(deepcopy(look))
    inside = _new(kind, **attributes)
    if text:
        inside.text = text
        inside.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    run.append(inside)
    return run


def _field(like: Element, instruction: str, shown: str) -> list[Element]:
    """Return the runs of a field, with what it shows until someone updates it."""
    return [
        _run(like, "fldChar", fldCharType="begin"),
        _run(like, "instrText", f" {instruction} "),
        _run(like, "fldChar", fldCharType="separate"),
        _run(like, "t", shown),
        _run(like, "fldChar", fldCharType="end"),
    ]


def _replace(parent: Element, old: Element, new: list[Element]) -> None:
    at = list(parent).index(old)
    parent[at : at + 1] = new


def _number_captions(body: Element) -> dict[str, tuple[str, str]]:
    """Make numbers of captions fields; return bookmark and name of each by its anchor."""
    marks = list(body.iter(_tag("bookmarkStart")))
    free = count(1 + max((int(mark.get(_tag("id"), "0")) for mark in marks), default=0))
    found: dict[str, tuple[str, str]] = {}
    anchor = ""
    for element in list(body):
        if element.tag == _tag("bookmarkStart"):
            anchor = element.get(_tag("name"), "")
        if element.tag != _tag("p") or _style(element) not in {"TableCaption", "ImageCaption"}:
            continue
        first = element.find(_tag("r"))
        name = None if first is None else _NAME.fullmatch(_text(first))
        if first is None or name is None:
            continue
        kind, series, number = name["kind"], name["series"], name["number"]
        # Named as word processors name the targets of their own cross-references.
        bookmark, identity = f"_Ref{len(found) + 1:09d}", str(next(free))
        sequence = f"{kind}_{series}" if series else kind
        _replace(
            element,
            first,
            [
                _new("bookmarkStart", id=identity, name=bookmark),
                _run(first, "t", f"{kind} {series}"),
                *_field(first, f"SEQ {sequence} \\* ARABIC", number),
                _new("bookmarkEnd", id=identity),
                _run(first, "t", "."),
            ],
        )
        found[anchor] = (bookmark, f"{kind} {series}{number}")
    return found


def _refer(body: Element, captions: dict[str, tuple[str, str]]) -> None:
    """Make links that show the name of a caption cross-references."""
    for paragraph in body.iter(_tag("p")):
        for link in paragraph.findall(_tag("hyperlink")):
            bookmark, name = captions.get(link.get(_tag("anchor"), ""), ("", ""))
            if bookmark and _text(link) == name:
                # Without MERGEFORMAT the bold of the caption would come along.
                instruction = f"REF {bookmark} \\h \\* MERGEFORMAT"
                _replace(paragraph, link, _field(link[0], instruction, name))


def _lay_out_tables(body: Element) -> None:
    size, margins = (next(body.iter(_tag(name))) for name in ("pgSz", "pgMar"))
    room = int(size.get(_tag("w"), "")) - sum(
        int(margins.get(_tag(side), "")) for side in ("left", "right")
    )
    elements = list(body)
    for at, table in enumerate(elements):
        if table.tag != _tag("tbl"):
            continue
        _widen(table, room)
        rows = table.findall(_tag("tr"))
        after = next(item for item in elements[at + 1 :] if item.tag != _tag("bookmarkEnd"))
        noted = after.tag == _tag("p") and _style(after) == "TableNote"
        for row, kept in zip(rows, _rows_kept(rows, noted=noted), strict=True):
            properties = row.find(_tag("trPr"))
            if properties is None:
                properties = _new("trPr")
                row.insert(0, properties)
            properties.insert(0, _new("cantSplit"))
            for paragraph in row.iter(_tag("p")):
                _set_cell(paragraph, kept=kept)


def _widen(table: Element, room: int) -> None:
    """Stretch the columns of a table to the width of the text, in twentieths of a point."""
    columns = list(table.iter(_tag("gridCol")))
    widths = [int(column.get(_tag("w"), "")) for column in columns]
    edges = [round(room * sum(widths[:i]) / sum(widths)) for i in range(len(widths) + 1)]
    for column, (left, right) in zip(columns, pairwise(edges), strict=True):
        column.set(_tag("w"), str(right - left))


def _rows_kept(rows: list[Element], *, noted: bool) -> Iterator[bool]:
    """Yield for each row whether it stays with what follows it."""
    for i, row in enumerate(rows):
        if i == len(rows) - 1:
            yield noted
        else:
            heads = len(row.findall(_tag("tc"))) == 1
            yield len(rows) <= _WHOLE_ROWS or heads or i < 2 or i == len(rows) - 2


def _set_cell(paragraph: Element, *, kept: bool) -> None:
    """Give a paragraph of a table its style, which pandoc leaves out where it is empty."""
    properties = paragraph.find(_tag("pPr"))
    if properties is None:
        properties = _new("pPr")
        paragraph.insert(0, properties)
    style = properties.find(_tag("pStyle"))
    if style is None:
        style = _new("pStyle")
        properties.insert(0, style)
    style.set(_tag("val"), "TableText")
    if kept:
        properties.insert(1, _new("keepNext"))


def _open_supplement(body: Element) -> None:
    elements = list(body)
    for mark, heading in pairwise(elements):
        if mark.get(_tag("name")) == "supplement" and heading.tag == _tag("p"):
            properties = next(heading.iter(_tag("pPr")))
            properties.insert(1, _new("pageBreakBefore"))
