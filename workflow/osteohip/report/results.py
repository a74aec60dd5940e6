"""Read the results that a report is made of, and refuse results that do not belong together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from osteohip.config import Reported
from osteohip.errors import StudyError
from osteohip.files import read_json
from osteohip.report.attention import Example, Looked, read_looked

PARTS = ("training", "validation", "test")
# A key or a device may look like a number.
TEXT_COLUMNS = ("case_id", "patient_key", "film_key", "manufacturer", "model_name")


@dataclass(frozen=True)
class Site:
    """Results of one site.

    Parameters
    ----------
    facts
        ``site.json``: id, name, synthetic, films, refused and other counts.
    cohort, flow
        ``cohort.csv`` and ``flow.csv``.
    crops
        ``crops.csv``: one row per case of the cohort.
    """

    facts: dict[str, Any]
    cohort: pd.DataFrame
    flow: pd.DataFrame
    crops: pd.DataFrame

    @property
    def id(self) -> str:
        """The site's id."""
        return str(self.facts["id"])

    @property
    def name(self) -> str:
        """The site's name."""
        return str(self.facts["name"])

    @property
    def images(self) -> pd.DataFrame:
        """Rows of the cohort that have a crop."""
        status = self.crops.set_index("case_id")["status"]
        return self.cohort[self.cohort["case_id"].map(status) == "cropped"]


@dataclass(frozen=True)
class Model:
    """What a model bundle says of itself.

    Parameters
    ----------
    facts, design, history
        ``run.json``, ``network.json`` and ``history.csv``.
    manifest, reference
        ``bundle.json`` and ``reference.json`` of a model that was received; None for one that
        this study trained.
    """

    facts: dict[str, Any]
    design: dict[str, Any]
    history: pd.DataFrame
    manifest: dict[str, Any] | None = None
    reference: dict[str, Any] | None = None


@dataclass(frozen=True)
class Development:
    """The development site of a study that trained its own model.

    Parameters
    ----------
    site
        Its results.
    split
        ``split.csv``.
    leakage
        ``leakage.json``.
    """

    site: Site
    split: pd.DataFrame
    leakage: dict[str, Any]


@dataclass(frozen=True)
class Evaluation:
    """Evaluation of one cohort.

    Parameters
    ----------
    cohort
        Its name.
    metrics, sample_size
        ``metrics.json`` and ``samplesize.json``.
    scores
        ``predictions.csv``.
    roc, calibration, decision, subgroups
        The tables of these names.
    drop
        ``drop.json`` of an external site; None for the parts of the development site.
    baselines
        ``baselines.csv``; None where the baselines could not be had, as without training hips.
    """

    cohort: str
    metrics: dict[str, Any]
    sample_size: dict[str, Any]
    scores: pd.DataFrame
    roc: pd.DataFrame
    calibration: pd.DataFrame
    decision: pd.DataFrame
    subgroups: pd.DataFrame
    drop: dict[str, Any] | None
    baselines: pd.DataFrame | None


@dataclass(frozen=True)
class Results:
    """All that a report is made of.

    Parameters
    ----------
    run
        Name of the reported run.
    development
        None where the model was received: its development site is elsewhere.
    runs
        ``runs.json``; None where the study has one run.
    comparison
        ``comparison.json``: the external sites against the test set; None without a test set.
    evaluations
        By cohort: validation and test of the development site, then the external sites in the
        order of ``externals``.
    looked
        By cohort what the network looked at; None where no maps were made.
    example
        The whole film that is shown, likewise.
    agreements
        ``agreement.json`` of the cohorts that readers judge the maps of; None where the study has
        no reading kit.
    """

    run: str
    config: Reported
    model: Model
    development: Development | None
    externals: tuple[Site, ...]
    runs: dict[str, Any] | None
    comparison: dict[str, Any] | None
    evaluations: dict[str, Evaluation]
    looked: dict[str, Looked] | None = None
    example: Example | None = None
    agreements: dict[str, dict[str, Any]] | None = None

    @property
    def sites(self) -> tuple[Site, ...]:
        """All sites, development first."""
        return (*([self.development.site] if self.development else []), *self.externals)

    @property
    def images(self) -> dict[str, pd.DataFrame]:
        """The cropped rows of each site, by the name of its group in the numbers."""
        own = {} if self.development is None else {"development": self.development.site.images}
        return own | {site.id: site.images for site in self.externals}

    def name(self, site: Site) -> str:
        """Return a site's name, with its id where another site has the same name."""
        alike = [other for other in self.sites if other.name == site.name]
        return site.name if len(alike) == 1 else f"{site.name} ({site.id})"


def read_results(
    *,
    run: str,
    model: Path,
    development: Path | None,
    externals: Sequence[Path],
    split: Path | None,
    leakage: Path | None,
    runs: Path | None,
    evaluation: Path,
    config: Reported,
    explanation: Path | None = None,
    seeds: bool = False,
    readers: Path | None = None,
) -> Results:
    """Read everything and check that it belongs together.

    Raises
    ------
    StudyError
        If a file is missing or unreadable, or an evaluation holds other cases than the split or
        the site does.
    """
    sites = tuple(_site(folder) for folder in externals)
    developed = None
    expected: dict[str, pd.Series[int]] = {}
    if development is not None and split is not None and leakage is not None:
        developed = Development(_site(development), _csv(split), _json(leakage))
        labels = _labels(developed.site)
        parts = developed.split.groupby("part")["case_id"]
        expected = {part: labels.reindex(parts.get_group(part)) for part in ("validation", "test")}
    elif (development, split, leakage) != (None, None, None):
        raise StudyError("give --development, --split and --leakage together, or none of them")
    elif not sites:
        raise StudyError("give a development site, or external sites, or both")
    expected |= {site.id: _labels(site) for site in sites}
    chosen = {
        name: _json(model / f"{name}.json") for name in ("threshold", "calibration", "triage")
    }
    evaluations = {
        cohort: _evaluation(evaluation / cohort, labels, chosen)
        for cohort, labels in expected.items()
    }
    return Results(
        run=run,
        config=config,
        model=Model(
            facts=_json(model / "run.json"),
            design=_json(model / "network.json"),
            history=_csv(model / "history.csv"),
            manifest=None if developed else _json(model / "bundle.json"),
            reference=None if developed else _json(model / "reference.json"),
        ),
        development=developed,
        externals=sites,
        runs=None if runs is None else _json(runs),
        comparison=_comparison(evaluation / "comparison.json", evaluations) if developed else None,
        evaluations=evaluations,
        **_maps(explanation, development=development, externals=externals, seeds=seeds),
        agreements=None
        if readers is None
        else {
            cohort: _json(readers / cohort / "agreement.json")
            for cohort in evaluations
            if cohort not in PARTS[:2]
        },
    )


def _maps(
    explanation: Path | None,
    *,
    development: Path | None,
    externals: Sequence[Path],
    seeds: bool,
) -> dict[str, Any]:
    """Read what the network looked at: in the test set, then at the external sites."""
    if explanation is None:
        return {}
    folders = {"test": development} if development is not None else {}
    folders |= {folder.name: folder for folder in externals}
    first = next(iter(folders.values()))
    return {
        "looked": {
            cohort: read_looked(explanation / cohort, site=folder, seeds=seeds)
            for cohort, folder in folders.items()
        },
        "example": Example(
            facts={"site": first.name, **_json(first / "example.json")},
            picture=first / "example.png",
        ),
    }


def _labels(site: Site) -> pd.Series[int]:
    """Return the label of each image of a site."""
    return site.images.set_index("case_id")["label"]


def _site(folder: Path) -> Site:
    site = Site(
        facts=_json(folder / "site.json"),
        cohort=_csv(folder / "cohort.csv"),
        flow=_csv(folder / "flow.csv"),
        crops=_csv(folder / "crops.csv"),
    )
    if set(site.cohort["case_id"]) != set(site.crops["case_id"]):
        raise StudyError(f"site {site.id}: crops.csv and cohort.csv hold different cases")
    return site


def _evaluation(folder: Path, labels: pd.Series[int], chosen: dict[str, Any]) -> Evaluation:
    """Read an evaluation and check it against the cohort's labels and what the model brings."""
    scores = _csv(folder / "predictions.csv")
    found = scores.set_index("case_id")["label"]
    metrics = _json(folder / "metrics.json")
    counts = metrics["confusion"]
    same = len(found) == len(labels) and set(found.index) == set(labels.index)
    if not same or sum(counts.values()) != len(labels):
        raise StudyError(
            f"the evaluation of {folder.name} holds {len(found)} predictions and counts "
            f"{sum(counts.values())} cases, but the cohort has {len(labels)}: predict and "
            "evaluate anew"
        )
    others = int((found.reindex(labels.index) != labels).sum())
    diseased = int((labels == 1).sum())
    if others or counts["tp"] + counts["fn"] != diseased:
        raise StudyError(
            f"the evaluation of {folder.name} has other labels than the cohort in {others} cases "
            f"and counts {counts['tp'] + counts['fn']} with osteoporosis where the cohort has "
            f"{diseased}: predict and evaluate anew"
        )
    if metrics["threshold"] != chosen["threshold"]:
        raise StudyError(
            f"the evaluation of {folder.name} used another operating point than the model's "
            "threshold.json: evaluate anew"
        )
    refit = {name: metrics.get("recalibrated", {}).get(name) for name in chosen["calibration"]}
    limits = [
        {name: item.get(name) for name in of_model}
        for item, of_model in zip(metrics.get("triage", []), chosen["triage"], strict=False)
    ]
    if refit != chosen["calibration"] or limits != chosen["triage"]:
        raise StudyError(
            f"the evaluation of {folder.name} used another refit or triage than the model's "
            "calibration.json and triage.json: evaluate anew"
        )
    baselines = folder / "baselines.csv"
    return Evaluation(
        cohort=folder.name,
        metrics=metrics,
        scores=scores,
        sample_size=_json(folder / "samplesize.json"),
        drop=None if folder.name in PARTS else _json(folder / "drop.json"),
        baselines=_csv(baselines) if baselines.is_file() else None,
        **{
            name: _csv(folder / f"{name}.csv")
            for name in ("roc", "calibration", "decision", "subgroups")
        },
    )


def _comparison(path: Path, evaluations: dict[str, Evaluation]) -> dict[str, Any]:
    """Read the comparison of the external sites with the test set; it must be of these results."""
    found: dict[str, Any] = _json(path)
    areas = {name: item.metrics["metrics"]["auc"]["estimate"] for name, item in evaluations.items()}
    counts = {name: item.metrics["confusion"] for name, item in evaluations.items()}
    externals = [name for name in evaluations if name not in PARTS]
    same = list(found["external"]) == externals and all(
        (item["auc"]["auc_a"], item["auc"]["auc_b"]) == (areas["test"], areas[name])
        and item["proportions"]["sensitivity"]["internal"]["k"] == counts["test"]["tp"]
        and item["proportions"]["sensitivity"]["external"]["k"] == counts[name]["tp"]
        for name, item in found["external"].items()
    )
    if not same:
        raise StudyError(
            f"{path.name} compares other evaluations than those of the configured sites: compare "
            "anew"
        )
    return found


def _json(path: Path) -> Any:
    try:
        return read_json(path)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StudyError(f"cannot read {path.name} in {path.parent.name}: {error}") from None


def _csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=dict.fromkeys(TEXT_COLUMNS, str))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise StudyError(f"cannot read {path.name} in {path.parent.name}: {error}") from None
