"""The commands that write numbers, tables and figures, and the documents made of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def report(
    *,
    run: Annotated[str, typer.Option(help="name of the run that is reported")],
    model: Annotated[Path, typer.Option(help="the model bundle of that run")],
    evaluation: Annotated[Path, typer.Option(help="evaluations of the run: one folder per cohort")],
    settings: Annotated[str, typer.Option(help="what is printed of the configuration, as JSON")],
    out_dir: Annotated[Path, typer.Option(help="folder for numbers, tables and figures")],
    development: Annotated[
        Path | None, typer.Option(help="results of the development site, unless it is elsewhere")
    ] = None,
    split: Annotated[Path | None, typer.Option(help="split.csv of the development site")] = None,
    leakage: Annotated[Path | None, typer.Option(help="leakage.json")] = None,
    runs: Annotated[
        Path | None, typer.Option(help="runs.json, where the study has several runs")
    ] = None,
    explanation: Annotated[
        Path | None, typer.Option(help="maps of the run: one folder per cohort")
    ] = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="the maps were compared between seeds")
    ] = False,
    readers: Annotated[
        Path | None, typer.Option(help="agreement of readers on the run: one folder per cohort")
    ] = None,
    external: Annotated[
        list[Path] | None, typer.Option(help="results of an external site; repeatable")
    ] = None,
) -> None:
    """Write the report's numbers, tables and figures from results."""
    from osteohip.config import Reported, parse_settings
    from osteohip.files import write_csv, write_json
    from osteohip.report.figures.study import draw_figures
    from osteohip.report.numbers import numbers
    from osteohip.report.origins import ORIGINS_FILE, origins_of
    from osteohip.report.results import read_results
    from osteohip.report.tables import all_tables
    from osteohip.writing.table import to_frame

    results = read_results(
        run=run,
        model=model,
        development=development,
        externals=external or [],
        split=split,
        leakage=leakage,
        runs=runs,
        evaluation=evaluation,
        explanation=explanation,
        seeds=seeds,
        readers=readers,
        config=parse_settings(Reported, settings),
    )
    content = numbers(results)
    tables = all_tables(content)
    write_json(out_dir / "numbers.json", content)
    written = {out_dir / "tables" / f"{table.key}.csv" for table in tables}
    for table in tables:
        write_csv(out_dir / "tables" / f"{table.key}.csv", to_frame(table))
    written |= draw_figures(content, results, out_dir / "figures")
    for folder in ("tables", "figures"):
        for path in (out_dir / folder).iterdir():
            # A site that is no longer configured must not linger beside the report.
            if path not in written and path.suffix in {".csv", ".pdf", ".png"}:
                path.unlink()
    write_json(out_dir / ORIGINS_FILE, origins_of(written, out_dir, sys.argv[1:]))


def statements(
    *,
    out: Annotated[Path, typer.Option(help="JSON to write")],
    file: Annotated[
        Path | None, typer.Option(help="file of what only the authors can say (YAML)")
    ] = None,
) -> None:
    """Check what only the authors can say, and write it as JSON; nothing without a file."""
    from osteohip.files import write_json
    from osteohip.statements import Statements, read_statements

    said = read_statements(file) if file else Statements()
    write_json(out, said.model_dump(exclude_none=True))


def manuscript(
    *,
    report_dir: Annotated[Path, typer.Option(help="folder with numbers.json and figures/")],
    statements: Annotated[
        Path | None, typer.Option(help="file of what only the authors can say (YAML)")
    ] = None,
) -> None:
    """Write the report in three formats, its checklists and model card, from its numbers."""
    from osteohip.files import read_json, write_bytes, write_csv, write_json, write_text
    from osteohip.report.checklists import checklist_frame
    from osteohip.report.document import report_source
    from osteohip.report.model_card import card_markdown
    from osteohip.report.origins import ORIGINS_FILE, origin_of_text
    from osteohip.report.reporting import answered
    from osteohip.report.tables import all_tables
    from osteohip.statements import Statements, read_statements
    from osteohip.writing.documents.page import to_html
    from osteohip.writing.documents.pdf import to_pdf
    from osteohip.writing.documents.source import to_readable
    from osteohip.writing.documents.word import to_docx

    said = read_statements(statements) if statements else Statements()
    content = answered(read_json(report_dir / "numbers.json"), said)
    origin = origin_of_text(report_dir / "numbers.json", sys.argv[1:])
    lists = report_dir / "checklists"
    told = [{**listed, "origin": origin} for listed in content["checklists"]]
    write_json(lists / "checklists.json", told)
    for listed in content["checklists"]:
        frame = checklist_frame(listed, synthetic=content["study"]["synthetic"], origin=origin)
        write_csv(lists / f"{listed['id']}.csv", frame)
    write_text(report_dir / "model-card.md", to_readable(card_markdown(content, origin)))
    origins = read_json(report_dir / ORIGINS_FILE)
    source = report_source(content, all_tables(content), report_dir, origins=origins)
    write_text(report_dir / "report.html", to_html(source))
    write_bytes(report_dir / "report.pdf", to_pdf(source))
    write_bytes(report_dir / "report.docx", to_docx(source))


def supplement(
    *,
    explanation: Annotated[Path, typer.Option(help="maps of the run: one folder per cohort")],
    model_facts: Annotated[Path, typer.Option(help="run.json of the model")],
    out_dir: Annotated[Path, typer.Option(help="folder for supplement-S1 and -S2")],
    development: Annotated[
        Path | None, typer.Option(help="results of the development site, unless it is elsewhere")
    ] = None,
    external: Annotated[
        list[Path] | None, typer.Option(help="results of an external site; repeatable")
    ] = None,
) -> None:
    """Show the map of every hip: S1 those of the test set, S2 those of the external sites.

    A model that was received has no test set here, and so no S1; a study without external site has
    no S2.
    """
    from osteohip.files import read_json, write_bytes, write_text
    from osteohip.report.supplements.content import read_supplements
    from osteohip.report.supplements.page import supplement_page
    from osteohip.report.supplements.pdf import supplement_pdf

    found = read_supplements(
        explanation,
        development=development,
        externals=external or [],
        model_synthetic=bool(read_json(model_facts)["synthetic"]),
    )
    written = set()
    for one in found:
        page, paper = (out_dir / f"supplement-{one.key}.{kind}" for kind in ("html", "pdf"))
        write_text(page, supplement_page(one))
        write_bytes(paper, supplement_pdf(one))
        written |= {page, paper}
    for path in out_dir.glob("supplement-S*"):
        # Of a study that is no longer configured.
        if path not in written:
            path.unlink()


def summary(
    *,
    report_dir: Annotated[Path, typer.Option(help="folder of the report")],
) -> None:
    """Name the report and its main numbers."""
    from osteohip.files import read_json
    from osteohip.report.summary import summary_lines

    content = read_json(report_dir / "numbers.json")
    print("\n".join(summary_lines(content, report_dir / "report.html")))
