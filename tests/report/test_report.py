"""The whole report: what stands in it, and that it is one harmless file with the same bytes."""

import csv
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from osteohip.paper.tables import appendix_tables
from osteohip.report.chapters import ORDER, bibliography, chapter
from osteohip.report.document import report_markdown, report_source
from osteohip.report.illustrations import illustrations
from osteohip.report.summary import summary_lines
from osteohip.report.tables import all_tables
from osteohip.writing.documents.page import to_html
from osteohip.writing.table import PARTLY, SYNTHETIC, numbered


class Page(HTMLParser):
    """Text, tables and attributes of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.text: list[str] = []
        self.cells: list[str] = []
        self.captions: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "link", "hr", "col"}:
            self._open.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")
        if tag in {"caption", "figcaption"}:
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if {"style", "head"} & set(self._open):
            return
        self.text.append(data)
        if {"td", "th"} & set(self._open):
            self.cells[-1] += data
        if {"caption", "figcaption"} & set(self._open):
            self.captions[-1] += data


def text_of(html: str) -> str:
    return " ".join("".join(Page(html).text).split())


def markdown_of(content: dict[str, Any]) -> str:
    return report_markdown(content, all_tables(content))


def test_tables_1_and_2_are_the_confusion_matrices_with_truth_in_rows(study: Any) -> None:
    for number, cohort in ((1, "test"), (2, "external")):
        counts = next(c for c in study.numbers["cohorts"] if c["id"] == cohort)["confusion"]
        with (study.reports / "tables" / f"confusion-{cohort}.csv").open() as stream:
            header, first, second, total = list(csv.reader(stream))
        assert header[0] == "Truth (DXA)"
        assert first[:3] == ["Osteoporosis", str(counts["tp"]), str(counts["fn"])]
        assert second[:3] == ["No osteoporosis", str(counts["fp"]), str(counts["tn"])]
        assert total[3] == str(sum(counts.values()))
        names = numbered(all_tables(study.numbers))
        assert names[f"confusion-{cohort}"] == f"Table {number}"


def test_tables_and_figures_stand_in_the_order_of_their_numbers(real_study: Any) -> None:
    page = Page(real_study.html)
    names = [re.match(r"(Table|Figure) (S?\d+)", caption.strip()) for caption in page.captions]
    for kind in ("Table", "Figure"):
        found = [name[2] for name in names if name and name[1] == kind]
        for numbers in (
            [int(n) for n in found if n.isdigit()],
            [int(n[1:]) for n in found if not n.isdigit()],
        ):
            assert numbers == sorted(numbers)


def test_a_changed_number_changes_the_page(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    content["cohorts"][1]["metrics"]["auc"]["estimate"] = 0.12345
    content["cohorts"][2]["metrics"]["specificity"]["high"] = 0.98765
    html = to_html(report_source(content, all_tables(content), study.reports))
    assert "0.123 (" in text_of(html)
    assert "–98.8;" in text_of(html)
    assert "0.123 (" not in text_of(study.html)


CITATION = re.compile(r"\[@[^\]]*\]")


@pytest.mark.parametrize("name", ORDER)
def test_no_chapter_holds_a_digit(name: str) -> None:
    prose = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|`[^`]*`", "", chapter(name), flags=re.DOTALL)
    assert not re.search(r"\d", CITATION.sub("", prose))


def test_what_is_cited_is_known_and_what_is_known_is_cited() -> None:
    text = "".join(chapter(name) for name in ORDER)
    cited = {key for found in CITATION.findall(text) for key in re.findall(r"@(\w+)", found)}
    assert cited == set(re.findall(r"^@\w+\{(\w+),", bibliography(), flags=re.MULTILINE))


def leaves(content: Any) -> Iterator[Any]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from leaves(value)
    else:
        yield content


def printable(content: Any) -> set[str]:
    """All ways in which the report may print the numbers of ``content``."""
    found: set[str] = set()
    for leaf in leaves(content):
        if isinstance(leaf, str):
            found.update(re.findall(r"\d+(?:\.\d+)*", leaf))
            found.update(token.rstrip(",") for token in re.findall(r"\d[\d,]*(?:\.\d+)*", leaf))
        elif isinstance(leaf, (int, float)):
            size = abs(leaf)
            found.update(f"{size:.{digits}f}" for digits in range(4))
            found.update((f"{size:,.0f}", f"{size:g}", f"{100 * size:.1f}", f"{100 * size:g}"))
    return found


@pytest.mark.parametrize("name", ["study", "real_study"])
def test_every_printed_number_is_in_the_numbers(name: str, request: Any) -> None:
    tree = request.getfixturevalue(name)
    html = re.sub(
        r'<span class="citation".*?</span>|<div id="refs".*?</section>'
        # Digests and commands are not of the study's numbers.
        r'|<div class="origin">.*?</div>|<h2[^>]*id="origins".*|<[^>]* id="origins" .*',
        "",
        tree.html,
        flags=re.DOTALL,
    )
    text = re.sub(r"(Table|Figure) S?\d+|Jang et al\. 2021", "", text_of(html))
    tokens = set(re.findall(r"\d[\d,]*(?:\.\d+)*", text))
    tokens = {token.rstrip(",") for token in tokens}
    assert len(tokens) > 100
    assert tokens - printable(tree.numbers) - printable(tree.lists) == set()


@pytest.mark.parametrize("name", ["study", "real_study"])
def test_nothing_is_fetched_and_nothing_runs(name: str, request: Any) -> None:
    tree = request.getfixturevalue(name)
    page = Page(tree.html)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        source = attributes.get("src") or ""
        assert not source or source.startswith("data:image/png;base64,")
        assert tag != "link" or (attributes.get("href") or "").startswith("data:")
        if tag == "a":
            inside = r"#|https://doi\.org/|(figures|tables)/|ro-crate-metadata\.json$"
            assert re.match(inside, attributes["href"] or "")
    style = re.sub(r"(?s).*<style[^>]*>(.*)</style>.*", r"\1", tree.html)
    assert "url(" not in style
    assert "@import" not in style


def test_links_inside_the_page_have_a_target(real_study: Any) -> None:
    page = Page(real_study.html)
    anchors = {attributes.get("id") for _, attributes in page.tags}
    links = [a["href"] for tag, a in page.tags if tag == "a" and (a["href"] or "")[0] == "#"]
    assert len(links) > 10
    assert {(link or "")[1:] for link in links} <= anchors


def test_text_from_data_shows_as_it_is(real_study: Any) -> None:
    page = Page(real_study.html)
    text = " ".join("".join(page.text).split())
    for name in (
        "<script>alert(1)</script>",
        "Busan | *University* Hospital_",
        "Saint-Luc [x](http://a.b) $1^2$",
    ):
        assert name in text
        assert any(name in " ".join(caption.split()) for caption in page.captions)
    assert "GE Healthcare =XR|656*" in page.cells
    assert "Samsung <b>Electronics</b> GM85" in page.cells
    assert "b" not in {tag for tag, _ in page.tags}


def test_every_picture_has_a_text_alternative(study: Any) -> None:
    page = Page(study.html)
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == len(illustrations(study.numbers)) == 11
    for picture in pictures:
        words = picture.get("alt") or picture.get("aria-label") or ""
        assert len(words) > 40


def test_synthetic_is_said_on_page_tables_and_figures(study: Any) -> None:
    page = Page(study.html)
    assert len(page.captions) == len(study.printed) + 11
    # The audit tells of the paper's patients, and of nothing that was computed here.
    audited = {table.caption for table in appendix_tables(study.numbers["audit"])}
    for caption in page.captions:
        of_the_paper = any(text in caption for text in audited)
        assert caption.endswith("Synthetic data.") is not of_the_paper
    assert "watermark" in {attributes.get("class") for _, attributes in page.tags}
    assert "they are no evidence about patients" in text_of(study.html)
    assert "This study (synthetic by design)" in page.cells
    for path in sorted((study.reports / "tables").iterdir()):
        with path.open() as stream:
            rows = list(csv.DictReader(stream))
        of_the_paper = path.name.startswith("paper-")
        assert {row["synthetic"] for row in rows} == {"no" if of_the_paper else "yes"}
    red, green, _ = Image.open(study.reports / "figures" / "roc.png").convert("RGB").split()
    tinted = sum(r - g > 10 for r, g in zip(red.tobytes(), green.tobytes(), strict=True))
    assert tinted > 0.01 * red.width * red.height


def test_a_real_study_is_not_called_synthetic(real_study: Any) -> None:
    # The one place left is the model's own statement, "synthetic: no".
    assert text_of(real_study.html).lower().count("synthetic") == 1
    cells = Page(real_study.html).cells
    assert cells[cells.index("synthetic") + 1] == "no"
    assert "watermark" not in {a.get("class") for _, a in Page(real_study.html).tags}
    for path in sorted((real_study.reports / "tables").iterdir()):
        with path.open() as stream:
            assert {row["synthetic"] for row in csv.DictReader(stream)} == {"no"}


def test_a_mixed_study_says_what_is_synthetic(make_tree: Any) -> None:
    content = make_tree(synthetic=False, external_synthetic=True).count()
    tables = {table.key: table for table in all_tables(content)}
    marks = {key: table.mark for key, table in tables.items()}
    assert marks["confusion-test"] == marks["run"] == ""
    assert marks["confusion-external"] == marks["flow-external"] == SYNTHETIC
    assert marks["measures"] == marks["paper"] == marks["characteristics"] == PARTLY
    assert tables["measures"].header[1:] == (
        "Test set",
        "External: External hospital (synthetic)",
    )
    headings = [row.cells[0] for row in tables["paper"].rows if row.heading]
    assert headings[-1] == "External: External hospital (synthetic)"
    assert tables["paper"].header[-1] == "This study"
    assert "Synthetic and real data are mixed" in markdown_of(content)


def test_methods_follow_the_settings(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    content["config"]["selection"]["label_t_score"] = -1.75
    content["config"]["images"]["apply_voi"] = True
    content["model"]["preprocessing"] |= {"sigma_divisor": 3.0, "clip": 0.5, "centre": "median"}
    text = markdown_of(content).replace("\\", "")
    assert "a T-score of −1.75 or less" in text
    assert "values of interest (VOI LUT), or its window, was applied first." in text
    assert "their median was subtracted; the rest was divided by 3 standard" in text
    assert "clipped to ±0.5." in text
    assert "VOI LUT" not in markdown_of(study.numbers)
    assert "(in training by a random 1 to 3)" in markdown_of(study.numbers).replace("\\", "")


def test_sites_have_their_names(study: Any) -> None:
    tables = {table.key: table for table in all_tables(study.numbers)}
    assert tables["characteristics"].header[1] == "Development: Development hospital"
    assert tables["paper"].rows[0].cells[0] == "Development site: Development hospital"
    assert tables["leakage"].rows[-1].cells[0] == "Development hospital and External hospital"


def test_no_external_site_reads_well(make_tree: Any) -> None:
    content = make_tree(externals=()).count()
    text = markdown_of(content)
    assert "There was no external site" in text
    assert "[Table 1](#table-confusion-test) holds the calls" in text
    assert "the ROC curve." in text
    assert "was found in more than one part (" in text
    assert "further image" not in text
    assert "was changed for the external" not in text


def test_two_external_sites_read_well(real_study: Any) -> None:
    text = text_of(real_study.html)
    assert "Table 1, Table 2 and Table 3 hold the calls" in text
    assert "Figure 1, Figure 2 and Figure 3 show who" in text
    assert "was changed for the external sites" in text
    assert "or both at the development site and at an external site" in text


def test_one_image_is_singular(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    content["sites"][0]["images"] = 1
    content["cohorts"][2]["n"] = 1
    text = markdown_of(content)
    assert "1 image could be used" in text
    assert "gave 1 further image," in text


def test_undefined_measures_are_words_and_not_numbers(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    undefined = {
        "estimate": None,
        "low": None,
        "high": None,
        "reason": "all cases are of one class",
    }
    content["cohorts"][1]["metrics"]["auc"] |= undefined
    text = markdown_of(content).replace("\\", "")
    assert "[not defined (all cases are of one class)]{.unbroken}" in text


def test_a_breach_of_the_split_is_loud(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    content["leakage"]["disjoint"] = False
    assert "**The groups are not disjoint" in markdown_of(content)
    assert "No patient, film, file or image is shared" not in markdown_of(content)


def test_a_secondary_run_is_called_so(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    assert "Secondary run" not in markdown_of(content)
    content["study"] |= {"primary": False, "run": "wide"}
    assert "This report is about the run wide" in markdown_of(content)


def test_a_spreadsheet_sees_no_formula(study: Any) -> None:
    for path in sorted((study.reports / "tables").iterdir()):
        with path.open() as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_same_bytes_again_and_nothing_lingers(study: Any, make_tree: Any) -> None:
    tree = make_tree()
    for stale in ("tables/confusion-busan.csv", "figures/flow-busan.png"):
        path = tree.reports / stale
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("from an external site that is no longer configured")
    tree.report()

    def content(folder: Path) -> dict[str, bytes]:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    first, second = content(study.reports), content(tree.reports)
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_the_screen_shows_path_and_main_numbers(study: Any) -> None:
    lines = summary_lines(study.numbers, Path("reports/report.html"))
    assert lines[0] == "Report: reports/report.html"
    assert lines[1].startswith("Test set [synthetic data]: AUC 0.")
    assert lines[2].startswith("External hospital [synthetic data]: AUC 0.")
    assert all("sensitivity" in line and "specificity" in line for line in lines[1:])


def test_the_second_line_of_the_title_says_whom_it_is_about(study: Any) -> None:
    content = json.loads(json.dumps(study.numbers))
    tables = all_tables(content)
    assert report_source(content, tables, study.reports).subtitle.startswith(
        "Women aged 55 years or more. Development: "
    )
    content["config"]["selection"] |= {"sex": None, "min_age_years": None}
    assert report_source(content, tables, study.reports).subtitle.startswith("Women and men of any")


def test_a_line_that_heads_others_spans_the_table_in_html(study: Any) -> None:
    spans = [attrs for tag, attrs in Page(study.html).tags if tag == "th" and "colspan" in attrs]
    headings = [row for table in study.printed for row in table.rows if row.heading]
    assert len(spans) == len(headings) > 20
