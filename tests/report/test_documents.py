"""The report in three formats: one source, the same content, the same bytes, no trace of here."""

import html
import json
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml.ns import qn
from docx.shared import Length

from osteohip.report.command import manuscript
from osteohip.report.document import title
from osteohip.report.illustrations import illustrations
from osteohip.writing.table import numbered

FORMATS = ("html", "pdf", "docx")


def text_of(path: Path) -> str:
    """All words of a document, spaces made one."""
    if path.suffix == ".html":
        page = re.sub(r"(?s)<(style|head)\b.*?</\1>", " ", path.read_text(encoding="utf-8"))
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
    elif path.suffix == ".pdf":
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    else:
        body = docx.Document(str(path)).element.body
        text = "\n".join(
            "".join(run.text or "" for run in paragraph.iter(qn("w:t")))
            for paragraph in body.iter(qn("w:p"))
        )
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.fixture
def copy(study: Any, tmp_path: Path) -> Path:
    """A copy of what the documents are made of, and of nothing else."""
    folder = tmp_path / "reports"
    shutil.copytree(study.reports, folder, ignore=shutil.ignore_patterns("report.*", "tables"))
    return folder


def test_a_changed_number_changes_all_three_formats(copy: Path) -> None:
    content = json.loads((copy / "numbers.json").read_text())
    content["cohorts"][1]["metrics"]["auc"] |= {"estimate": 0.12345, "low": 0.05432, "high": 0.6543}
    content["sites"][0]["came_in"]["records"] = 31_415
    (copy / "numbers.json").write_text(json.dumps(content))
    manuscript(report_dir=copy)
    for suffix in FORMATS:
        text = text_of(copy / f"report.{suffix}")
        assert "0.123 (0.054–0.654)" in text
        assert "31,415 records" in text


def test_the_formats_say_the_same(study: Any) -> None:
    texts = {suffix: text_of(study.reports / f"report.{suffix}") for suffix in FORMATS}
    for table in study.printed:
        caption = f"{numbered(study.printed)[table.key]}. {table.caption}"
        for text in texts.values():
            assert caption in text
    for found in re.findall(r"\d\.\d{3} \(\d\.\d{3}–\d\.\d{3}\)", texts["html"]):
        assert found in texts["docx"]


def test_same_bytes_again(study: Any, copy: Path) -> None:
    manuscript(report_dir=copy)
    for suffix in FORMATS:
        name = f"report.{suffix}"
        assert (copy / name).read_bytes() == (study.reports / name).read_bytes()


def test_documents_keep_no_path_and_no_day(study: Any) -> None:
    with zipfile.ZipFile(study.reports / "report.docx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
    parts["report.pdf"] = (study.reports / "report.pdf").read_bytes()
    parts["report.html"] = (study.reports / "report.html").read_bytes()
    for name, content in parts.items():
        for trace in (str(study.root), str(Path(__file__).parents[2]), "/tmp/", "site-packages"):
            assert trace.encode() not in content, name
    dates = pypdf.PdfReader(study.reports / "report.pdf").metadata or {}
    assert {str(value) for key, value in dates.items() if "Date" in key} == {"D:19700101000000Z"}


def test_word_has_real_headings_captions_and_tables(study: Any) -> None:
    document = docx.Document(str(study.reports / "report.docx"))
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings[:4] == ["Abstract", "Introduction", "Methods", "Results"]
    assert styles.count("Title") == 1
    tables = study.printed
    assert styles.count("Table Caption") == len(tables) == len(document.tables)
    assert styles.count("Image Caption") == len(illustrations(study.numbers))
    section = document.sections[0]
    room = Length(section.page_width - section.left_margin - section.right_margin).twips
    for table in document.tables:
        assert table.style.name == "Table"
        assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
        widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
        assert sum(widths) == room
        assert min(widths) > 0.03 * sum(widths)
        cells = [cell for row in table.rows for cell in row.cells]
        assert {p.style.name for cell in cells for p in cell.paragraphs} == {"Table Text"}


def test_word_knows_title_and_language_and_no_author(study: Any) -> None:
    properties = docx.Document(str(study.reports / "report.docx")).core_properties
    assert properties.title == title(study.numbers)
    assert properties.language == "en-GB"
    assert properties.author == ""


def fields(paragraph: Any) -> list[tuple[str, str]]:
    """Instruction and shown text of each field of a paragraph."""
    found: list[list[str]] = []
    part = None
    for run in paragraph.iter(qn("w:r")):
        for item in run:
            if item.tag == qn("w:fldChar"):
                part = {"begin": 0, "separate": 1, "end": None}[item.get(qn("w:fldCharType"))]
                if part == 0:
                    found.append(["", ""])
            elif part is not None and item.tag in {qn("w:instrText"), qn("w:t")}:
                found[-1][part] += item.text
    return [(instruction.strip(), shown) for instruction, shown in found]


def bookmarked(paragraph: Any) -> dict[str, str]:
    """Text of each bookmark that lies within a paragraph."""
    found: dict[str, str] = {}
    inside: dict[str, str] = {}
    for item in paragraph:
        if item.tag == qn("w:bookmarkStart"):
            inside[item.get(qn("w:id"))] = item.get(qn("w:name"))
        elif item.tag == qn("w:bookmarkEnd"):
            inside.pop(item.get(qn("w:id")), None)
        for name in inside.values():
            text = "".join(part.text for part in item.iter(qn("w:t")))
            found[name] = found.get(name, "") + text
    return found


def test_numbers_of_captions_count_themselves_in_word(study: Any) -> None:
    document = docx.Document(str(study.reports / "report.docx"))
    captions = [
        p for p in document.paragraphs if p.style.name in {"Table Caption", "Image Caption"}
    ]
    counted: Counter[str] = Counter()
    names = {}
    for caption in captions:
        [(instruction, shown)] = fields(caption._p)
        sequence = instruction.removeprefix("SEQ ").removesuffix(r" \* ARABIC")
        counted[sequence] += 1
        # What a word processor counts is what stands there.
        assert int(shown) == counted[sequence]
        [(bookmark, name)] = bookmarked(caption._p).items()
        assert name == f"{sequence.replace('_', ' ')}{'' if '_' in sequence else ' '}{shown}"
        assert caption.text.startswith(f"{name}. ")
        names[bookmark] = name
    tables = numbered(study.printed).values()
    assert {name for name in names.values() if name.startswith("Table")} == set(tables)
    assert set(counted) == {"Figure", "Table", "Table_S"}


def test_word_refers_to_captions_by_fields(study: Any) -> None:
    body = docx.Document(str(study.reports / "report.docx")).element.body
    paragraphs = list(body.iter(qn("w:p")))
    names = {name: text for p in paragraphs for name, text in bookmarked(p).items()}
    references = [
        (instruction.split()[1], shown)
        for paragraph in paragraphs
        for instruction, shown in fields(paragraph)
        if instruction.startswith("REF ")
    ]
    assert len(references) > 20
    assert [names[bookmark] for bookmark, _ in references] == [shown for _, shown in references]
    anchors = {link.get(qn("w:anchor")) or "" for link in body.iter(qn("w:hyperlink"))}
    assert not [anchor for anchor in anchors if anchor.startswith(("table-", "figure-"))]
    numbers = [mark.get(qn("w:id")) for mark in body.iter(qn("w:bookmarkStart"))]
    assert len(numbers) == len(set(numbers))


def test_tables_hold_together_in_word(study: Any) -> None:
    document = docx.Document(str(study.reports / "report.docx"))
    lengths = set()
    for table in document.tables:
        kept = []
        for row in table.rows:
            assert row._tr.trPr.find(qn("w:cantSplit")) is not None
            flags = {p.paragraph_format.keep_with_next for c in row.cells for p in c.paragraphs}
            assert len(flags) == 1
            kept.append(flags.pop())
            if len(row._tr.tc_lst) == 1:
                # A line that heads others is not the last of a page.
                assert kept[-1]
        following = [item for item in table._tbl.itersiblings() if item.tag == qn("w:p")]
        assert bool(kept[-1]) is (following[0].style == "TableNote")
        # The head is not alone, nor is the last row.
        assert kept[0]
        assert kept[-2]
        lengths.add(len(kept))
        assert all(kept[:-1]) is (len(kept) <= 14 or all(kept[2:-2]))
    assert min(lengths) < 14 < max(lengths)


def test_the_supplement_begins_a_page_in_word(study: Any) -> None:
    paragraphs = docx.Document(str(study.reports / "report.docx")).paragraphs
    begun = [p.text for p in paragraphs if p.paragraph_format.page_break_before]
    assert begun == ["Supplement"]


def test_lines_that_head_others_are_heads_of_tables_in_the_pdf(study: Any) -> None:
    lines = [row.cells[0] for table in study.printed for row in table.rows if row.heading]
    assert len(lines) > 20
    heads = pdf_heads(study.reports / "report.pdf")
    assert heads.count("spanning") == len(lines)
    assert heads.count("column") == sum(len(table.header) for table in study.printed)


def structure(path: Path) -> list[dict[str, Any]]:
    """The structure elements of a tagged PDF in reading order."""
    found: list[dict[str, Any]] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for kid in node:
                walk(kid)
        elif isinstance(node, dict):
            found.append(node)
            if node.get("/K") is not None:
                walk(node["/K"])

    walk(pypdf.PdfReader(path).trailer["/Root"]["/StructTreeRoot"])
    return found


def pdf_heads(path: Path) -> list[str]:
    """Kinds of the heads of tables in a tagged PDF; a piece on a further page is no second one."""
    found = []
    for node in structure(path):
        if node.get("/S") == "/TH":
            attributes = [item.get_object() for item in node["/A"].get_object()]
            wide = any(item.get("/ColSpan", 1) > 1 for item in attributes)
            found.append("spanning" if wide else "column")
    return found


def test_every_figure_has_a_text_alternative_in_all_formats(study: Any) -> None:
    expected = [" ".join(figure.alt.split()) for figure in illustrations(study.numbers)]
    body = docx.Document(str(study.reports / "report.docx")).element.body
    described = [" ".join(item.get("descr").split()) for item in body.iter(qn("wp:docPr"))]
    assert described == expected
    assert pdf_alternatives(study.reports / "report.pdf") == expected


def pdf_alternatives(path: Path) -> list[str]:
    """Text alternatives of a tagged PDF in reading order."""
    return [" ".join(str(node["/Alt"]).split()) for node in structure(path) if "/Alt" in node]


def test_links_lead_somewhere_in_pdf_and_word(study: Any) -> None:
    reader = pypdf.PdfReader(study.reports / "report.pdf")
    inside = sum(
        "/A" not in note.get_object() or note.get_object()["/A"].get("/S") == "/GoTo"
        for page in reader.pages
        for note in page.get("/Annots", [])
    )
    assert inside > 20
    body = docx.Document(str(study.reports / "report.docx")).element.body
    marks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    links = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))} - {None}
    assert len(links) > 20
    assert links <= marks


def test_the_watermark_is_on_every_page(study: Any, real_study: Any) -> None:
    for tree, times in ((study, 1), (real_study, 0)):
        for page in pypdf.PdfReader(tree.reports / "report.pdf").pages:
            assert ("SYNTHETIC DATA" in page.extract_text()) is bool(times)
        with zipfile.ZipFile(tree.reports / "report.docx") as archive:
            header = archive.read("word/header1.xml").decode()
            assert header.count("SYNTHETIC DATA") == times
            sections = archive.read("word/document.xml").decode()
            assert sections.count("<w:headerReference") == sections.count("<w:sectPr")


def test_text_from_data_is_no_markup_in_pdf_and_word(real_study: Any) -> None:
    for suffix in ("pdf", "docx"):
        text = text_of(real_study.reports / f"report.{suffix}")
        for name in ("Saint-Luc [x](http://a.b) $1^2$", "=XR|656*"):
            assert name in text
