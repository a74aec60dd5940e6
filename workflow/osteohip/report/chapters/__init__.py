"""The report's chapters in their order, one template each, and what they cite.

A chapter is Markdown with Jinja. It sees `numbers.json` and what `osteohip.report.document` adds,
and holds no number of its own. A heading of two signs opens a part of the report, one of three a
section; a chapter that has nothing to say in a study is empty there.
"""

from __future__ import annotations

from importlib.resources import files

ORDER = (
    "banner",
    "abstract",
    "introduction",
    "methods-patients",
    "methods-images",
    "methods-network",
    "methods-attention",
    "methods-readers",
    "methods-statistics",
    "results-patients",
    "results-performance",
    "results-baselines",
    "results-calibration",
    "results-use",
    "results-subgroups",
    "results-drop",
    "results-next-site",
    "results-attention",
    "results-readers",
    "results-runs",
    "results-paper",
    "discussion",
    "availability",
    "statements",
    "references",
    "supplement",
    "appendix",
    "reporting",
)


def chapter(name: str) -> str:
    """Return the template of a chapter."""
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")


def bibliography() -> str:
    """Return what may be cited, in BibTeX."""
    return files(__name__).joinpath("references.bib").read_text(encoding="utf-8")
