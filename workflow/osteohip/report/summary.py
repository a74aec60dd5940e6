"""What a finished report says on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from osteohip.report.cohorts import held_out
from osteohip.writing.wording import estimate, plain


def summary_lines(content: Mapping[str, Any], page: Path) -> list[str]:
    """Return the report's path and the main numbers of each cohort, one a line."""
    lines = [f"Report: {page}"]
    for cohort in held_out(content):
        metrics = cohort["metrics"]
        mark = " [synthetic data]" if cohort["synthetic"] else ""
        lines.append(
            f"{plain(cohort['name'])}{mark}: AUC {estimate(metrics['auc'])}, "
            f"sensitivity {estimate(metrics['sensitivity'])}, "
            f"specificity {estimate(metrics['specificity'])}"
        )
    return lines
