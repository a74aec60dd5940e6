"""Every kind of study reads as correct English: its sites, its model, what is not defined."""

import copy
import html
import re
from collections.abc import Callable
from typing import Any

import pypandoc
import pytest
from explained_study import write_explained

from osteohip.report.document import printed_tables, report_markdown, report_source, title
from osteohip.report.illustrations import illustrations
from osteohip.report.reporting import answered
from osteohip.report.tables import all_tables
from osteohip.statements import Statements
from osteohip.writing.documents.source import convert, pandoc_arguments

Change = Callable[[dict[str, Any]], None]


def nothing(content: dict[str, Any]) -> None:
    """Leave the study as it is."""


def one_of_each(content: dict[str, Any]) -> None:
    """Leave one case wherever cases are counted."""
    for site in content["sites"]:
        site |= {"files": 1, "films": 1, "images": 1, "patients": 1, "uncroppable_total": 1}
        site["came_in"] = site["cohort"] = site["excluded"] = {"records": 1, "patients": 1}
    for group in content["groups"]:
        group |= {"n": 1, "patients": 1}
        for share in ("right", "left", "osteoporosis"):
            group[share] = {"k": 1, "n": 1, "share": 1.0}
        group["kvp"] |= {
            "n": 0,
            "mean": None,
            "sd": None,
            "median": None,
            "low": None,
            "high": None,
        }
    for cohort in content["cohorts"]:
        cohort["n"] = 1
        cohort["sample_size"] |= {"n": 1}
    content["config"]["training"] |= {"epochs": 1, "batch_size": 1, "augmentations": ["original"]}
    content["config"]["selection"] |= {"label_regions": ["total_hip"], "max_days_between": 1}
    content["audit"]["counts"] |= dict.fromkeys(content["audit"]["counts"], 1)
    content["model"]["n"] = dict.fromkeys(content["model"]["n"], 1)
    if content["received"]:
        content["received"]["test"]["n"] = 1


def all_undefined(content: dict[str, Any]) -> None:
    """Take every estimate and every p value away, as where a class is empty."""

    def visit(item: Any) -> None:
        if isinstance(item, dict):
            for name in ("estimate", "difference"):
                if name in item and "low" in item:
                    item |= {name: None, "low": None, "high": None, "reason": "one class alone"}
            for name in ("p", "useful"):
                if name in item:
                    item[name] = None
            for value in item.values():
                visit(value)
        elif isinstance(item, list):
            for value in item:
                visit(value)

    for part in ("cohorts", "comparison", "balance", "attention"):
        visit(content[part])


def borders(content: dict[str, Any]) -> None:
    """Put values on the borders where a careless format shows an impossible one."""

    def visit(item: Any) -> None:
        if isinstance(item, dict):
            if item.get("p") is not None:
                item["p"] = 1e-9
            for value in item.values():
                visit(value)

    visit(content["comparison"])
    for cohort in content["cohorts"]:
        cohort["useful"] = {"low": 0.2, "high": 0.2}


CHANGES = {change.__name__: change for change in (nothing, one_of_each, all_undefined, borders)}
STUDIES = {
    "one": {"externals": ("Busan",), "explained": {}},
    "several": {"externals": ("Busan", "Daegu", "Ulsan"), "explained": {}},
    "none": {"externals": ()},
    "real": {"externals": ("Busan",), "synthetic": False, "readers": ("A", "B", "C")},
    "mixed": {"externals": ("Busan",), "synthetic": False, "external_synthetic": True},
    "mixed_model": {"externals": ("Busan",), "external_synthetic": False},
    "received": {"externals": ("Busan",), "receive": True},
    "received_several": {"externals": ("Busan", "Daegu"), "receive": True, "explained": {}},
    "received_mixed": {
        "externals": ("Busan",),
        "external_synthetic": False,
        "receive": True,
        "explained": {"masks": False, "burnt_in": True},
    },
}
BAD = {
    "two spaces": r"\S  +\S",
    "a space before a comma": r"\S [,;:.](?=\s)",
    "one thing in the plural": r"(?<!Table )(?<!Figure )(?<![\d.,;/–−(])\b1 (?!is\b|as\b|was\b)"
    r"[a-z]+(?<!s)s\b|\b1 (?:were|are|show)\b|\b1 [a-z]+ (?:were|are|show)\b|were 1 [a-z]+\b",
    "several in the singular": r"\b(?:[2-9]|\d\d+) "
    r"(?:image|hip|patient|record|film|epoch|day|place|region|run|site)\b",
    "no value": r"\b(?:nan|NaN|None|null|inf)\b",
    "an impossible p value": r"[pP] ?[=<] ?(?:0\.000|1\.000|0\b(?!\.))",
    "a p value without its sign": r"\bp 0\.\d",
    "a half sentence": r"\.\.(?!\.)|,,|;;|\( *\)|\[ *\]| \.",
    "a template's sign": r"\{\{|\}\}|\{%|%\}|\{#|\bJinja\b",
    "a lost reference": r"\?\?|\[@|@[a-z]+\d{4}|Table –|Figure –|Table None|\(see \)",
    "a word twice": r"\b(the|a|an|of|at|in|and|is|was|were|to) \1\b",
    "a plus and a minus": r"\+ −|− −|--",
    "an article before a vowel": r"\ba (?=[aeio][a-z]+)(?!one|use|uni)",
    "a year with decimals": r"\b(?:19|20)\d\d\.0",
    "a mark's leavings": r"\\[*_\[\]]|\]\{\.|:::",
}


@pytest.fixture(scope="module")
def contents(
    tmp_path_factory: pytest.TempPathFactory, write_study: Any, let_read: Any
) -> Callable[[str], dict[str, Any]]:
    """The numbers of a study by its name; a copy that may be changed."""
    known: dict[str, dict[str, Any]] = {}

    def find(name: str) -> dict[str, Any]:
        if name not in known:
            options = dict(STUDIES[name])
            receive, explained, readers = (
                options.pop(name, None) for name in ("receive", "explained", "readers")
            )
            tree = write_study(tmp_path_factory.mktemp(name), **options)
            if receive:
                tree.receive()
            if explained is not None:
                write_explained(tree, **explained)
            if readers is not None:
                let_read(tree, *readers, synthetic=False)
            known[name] = tree.count()
        return copy.deepcopy(known[name])

    return find


def page_of(content: dict[str, Any]) -> str:
    """The page without tables, pictures and references."""
    source = report_source(content, all_tables(content), None)
    with pandoc_arguments(source) as arguments:
        page = convert(source.markdown, "html", arguments)
    return re.sub(r'(?s)<table.*?</table>|<div id="refs".*?(?=<h2)|<figure.*?</figure>', "", page)


def words_of(content: dict[str, Any]) -> str:
    """What a reader reads, a paragraph a line, without tables, pictures and references."""
    page = page_of(content)
    page = re.sub(r"\s+", " ", re.sub(r"(?<!>)\n(?!<)", " ", page))
    lines = re.split(r"</(?:p|h\d|li|section|div)>", page)
    return "\n".join(html.unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in lines)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("study", STUDIES)
def test_it_reads_as_correct_english(
    study: str, change: str, contents: Callable[[str], dict[str, Any]]
) -> None:
    content = contents(study)
    CHANGES[change](content)
    text = words_of(content)
    assert len(text) > 5000
    found = {
        name: [text[max(0, m.start() - 60) : m.end() + 40] for m in re.finditer(pattern, text)]
        for name, pattern in BAD.items()
    }
    assert {name: places for name, places in found.items() if places} == {}
    assert not [line for line in text.split("\n") if re.search(r"[a-z]$", line) and len(line) > 120]


@pytest.mark.parametrize("study", STUDIES)
def test_every_table_and_figure_is_named_in_the_text(
    study: str, contents: Callable[[str], dict[str, Any]]
) -> None:
    content = answered(contents(study), Statements())
    page = page_of(content)
    shown = {f"table-{table.key}" for table in printed_tables(content, all_tables(content))}
    shown |= {f"figure-{figure.key}" for figure in illustrations(content)}
    assert {anchor for anchor in shown if f'href="#{anchor}"' not in page} == set()


@pytest.mark.parametrize(
    ("study", "said", "unsaid"),
    [
        (
            "one",
            [
                "The films were computed: none",
                "As theirs was, the network is tested at another hospital",
            ],
            ["drawn by hand"],
        ),
        (
            "real",
            ["remain with the hospitals", "box that was drawn by hand, turned"],
            ["generator"],
        ),
        (
            "mixed",
            [
                "Results of computed films are no",
                "films and tables of Busan are synthetic",
                "(at Busan by",
            ],
            ["All films were", "The films were"],
        ),
        (
            "mixed_model",
            ["The network learned from computed films", "remain with the hospital."],
            ["All films were", "The films were"],
        ),
        (
            "received_mixed",
            ["The network learned from computed films", "box that was drawn by hand, turned"],
            ["All films were", "The films were", "films and tables are synthetic"],
        ),
    ],
)
def test_what_is_said_of_the_films_is_true_of_them(
    study: str, said: list[str], unsaid: list[str], contents: Callable[[str], dict[str, Any]]
) -> None:
    text = words_of(contents(study))
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []


@pytest.mark.parametrize("study", STUDIES)
def test_every_cell_and_caption_is_filled_with_care(
    study: str, contents: Callable[[str], dict[str, Any]]
) -> None:
    content = contents(study)
    for change in CHANGES.values():
        changed = copy.deepcopy(content)
        change(changed)
        for table in all_tables(changed):
            for text in (table.caption, table.note, *(c for row in table.rows for c in row.cells)):
                for name in ("two spaces", "an impossible p value", "a half sentence"):
                    assert not re.search(BAD[name], text), (table.key, text)
                assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text), (table.key, text)


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (
            "one",
            "Development of a deep network that predicts osteoporosis from plain hip radiographs"
            " and its validation at another hospital",
        ),
        (
            "several",
            "Development of a deep network that predicts osteoporosis from plain hip "
            "radiographs and its validation at other hospitals",
        ),
        (
            "none",
            "Development and internal test of a deep network that predicts osteoporosis from "
            "plain hip radiographs",
        ),
        (
            "received",
            "Validation of a deep network that predicts osteoporosis from plain hip "
            "radiographs at another hospital",
        ),
    ],
)
def test_the_title_says_what_was_done(
    study: str, expected: str, contents: Callable[[str], dict[str, Any]]
) -> None:
    assert title(contents(study)) == expected


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.02, 0.2, "Its discrimination was lower at Busan than in the internal test."),
        (-0.2, -0.02, "Its discrimination was higher at Busan than in the internal test."),
        (-0.1, 0.2, "was not shown, which is no proof that there is none."),
        (None, None, "Whether its discrimination holds at Busan could not be estimated."),
    ],
)
def test_the_conclusion_says_what_the_interval_shows(
    low: float | None, high: float | None, words: str, contents: Callable[[str], dict[str, Any]]
) -> None:
    content = contents("one")
    area = content["comparison"]["external"]["external"]["auc"]
    area |= {"low": low, "high": high, "reason": "one class"}
    assert words in report_markdown(content, all_tables(content))


def test_methods_name_years_devices_voltage_hardware_and_seeds(
    contents: Callable[[str], dict[str, Any]],
) -> None:
    content = contents("one")
    group = content["groups"][0]
    group["year"] |= {"low": 2011, "high": 2013}
    group["kvp"] |= {"median": 73.5, "low": 70.0, "high": 78.0}
    text = words_of(content)
    assert "taken between 2011 and 2013 with " in text
    assert "at a tube voltage of 73.5 kV in the median (range 70–78)" in text
    assert "GE Healthcare =XR|656*" in text
    assert "on the CPU (Processor X9)" in text
    assert "with Python 3.11.2 and Keras 3.15.1" in text
    group["year"] |= {"low": 2011, "high": 2011}
    group["devices"] = [group["devices"][0] | {"k": 5, "share": 1.0}]
    text = words_of(content)
    assert f"were taken in 2011 with {group['devices'][0]['device']} at a tube voltage" in text


def test_pandoc_warns_of_nothing(
    contents: Callable[[str], dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    content = contents("several")
    source = report_source(content, all_tables(content), None)
    with pandoc_arguments(source) as arguments:
        pypandoc.convert_text(
            source.markdown,
            "html",
            format="markdown",
            extra_args=[*arguments, "--fail-if-warnings"],
        )
