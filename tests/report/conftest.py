"""A small results tree, as the earlier stages leave it."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from real_browser import open_browser

from osteohip.baselines.command import compare_baselines
from osteohip.baselines.compare import Scores
from osteohip.baselines.plan import BASELINES, EVERYONE
from osteohip.config import Config, Images, Network, Training
from osteohip.evaluation.command import contrast, drop, evaluate
from osteohip.evaluation.command import threshold as fix_threshold
from osteohip.evaluation.predictions import read_predictions
from osteohip.handover.reference import internal_test, reference_facts
from osteohip.model.manifest import IntendedUse, seal
from osteohip.readers.deck import build_deck
from osteohip.readers.readings import Deck, Reading, agreement_content
from osteohip.report.command import manuscript, report
from osteohip.report.document import printed_tables
from osteohip.report.numbers import numbers
from osteohip.report.results import read_results
from osteohip.report.tables import all_tables
from osteohip.writing.table import Table

__all__ = ["open_browser"]

STEPS = [
    ("age", "aged 55 years or more on the day of the film", 31, 20),
    ("sex", "female", 25, 18),
    ("film_and_dxa", "AP film and DXA of the same hip, at most 31 days apart", 40, 12),
    ("osteoarthritis", "no osteoarthritis of the hip", 0, 0),
    ("other_institution", "film and DXA of this hospital", 3, 1),
]
DEVICES = [("Samsung <b>Electronics</b>", "GM85"), ("GE Healthcare", "=XR|656*"), ("Canon", "CXDI")]


class Tree:
    """Paths of the results, and the report made of them."""

    def __init__(self, root: Path):
        self.root = root
        self.externals: list[Path] = []
        self.runs: Path | None = None
        self.explanation: Path | None = None
        self.readers: Path | None = None
        self.development = True
        self.config = Config().reported()
        self.numbers: dict[str, Any] = {}

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def receive(self) -> None:
        """Make it the study of a model that was received: no development site, but a bundle."""
        model = self.root / "results" / "model"
        developed = pd.read_csv(self.root / "results" / "sites" / "development" / "cohort.csv")
        parts = pd.read_csv(self.root / "results" / "split.csv").set_index("case_id")["part"]
        test = developed.set_index("case_id", drop=False).loc[parts.index[parts == "test"]]
        scored = read_predictions(self.root / "results" / "evaluation" / "test" / "predictions.csv")
        facts = internal_test(test, scored, threshold=0.5, label_t_score=-2.5)
        write_json(model / "reference.json", {**reference_facts(developed), "test": facts})
        write_csv(model / "weights.weights.h5", pd.DataFrame())
        synthetic = json.loads((model / "run.json").read_text())["synthetic"]
        settings = Config()
        use = IntendedUse(
            inventory=settings.inventory,
            selection=settings.selection,
            images=settings.images,
            evaluation=settings.evaluation,
        )
        seal(model, run="primary", synthetic=synthetic, intended_use=use)
        self.development = False
        self.config = settings.reported().model_copy(update={"split": None})

    @property
    def arguments(self) -> dict[str, Any]:
        """Where each input of the report lies."""
        results = self.root / "results"
        ours = {
            "development": results / "sites" / "development",
            "split": results / "split.csv",
            "leakage": results / "leakage.json",
        }
        return {
            "model": results / "model",
            "evaluation": results / "evaluation",
            "explanation": self.explanation,
            "readers": self.readers,
            **(ours if self.development else dict.fromkeys(ours)),
        }

    def report(self, run: str = "primary") -> dict[str, Any]:
        """Make the report and return its numbers."""
        report(
            run=run,
            out_dir=self.reports,
            external=self.externals,
            runs=self.runs,
            settings=self.config.model_dump_json(),
            **self.arguments,
        )
        manuscript(report_dir=self.reports)
        content: dict[str, Any] = json.loads((self.reports / "numbers.json").read_text())
        return content

    def count(self, run: str = "primary") -> dict[str, Any]:
        """Return the numbers alone, without drawing and writing."""
        results = read_results(
            run=run,
            config=self.config,
            externals=self.externals,
            runs=self.runs,
            **self.arguments,
        )
        return numbers(results)

    @property
    def lists(self) -> list[dict[str, Any]]:
        """The answered checklists."""
        text = (self.reports / "checklists" / "checklists.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(text)
        return found

    @property
    def printed(self) -> list[Table]:
        """The tables that the report prints."""
        content = {**self.numbers, "checklists": self.lists}
        return printed_tables(content, all_tables(content))

    @property
    def html(self) -> str:
        return (self.reports / "report.html").read_text(encoding="utf-8")


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)


def write_site(
    folder: Path, *, name: str, images: int, synthetic: bool, seed: int, devices: int = 3
) -> pd.DataFrame:
    """Write the results of a site and return its cropped rows."""
    rng = np.random.default_rng(seed)
    uncroppable = 2
    n = images + uncroppable
    t_score = rng.normal(-2.5, 1.2, n).round(1)
    device = rng.integers(0, devices, n)
    cohort = pd.DataFrame(
        {
            "case_id": [f"{folder.name}-{i:05d}" for i in range(n)],
            # The second case is another film of the first case's patient.
            "patient_key": [f"p{max(i, 1):05d}" for i in range(n)],
            "film_key": [f"f{i:05d}" for i in range(n)],
            "file_sha256": "0",
            "pixel_sha256": "0",
            "side": rng.choice(["R", "L"], n),
            "age_years": rng.uniform(55, 90, n).round(1),
            "region": "femoral_neck",
            "bmd_g_cm2": rng.normal(0.65, 0.12, n).round(3),
            "t_score": t_score,
            "label": (t_score <= -2.5).astype(int),
            "days_between": rng.integers(0, 32, n),
            "manufacturer": [DEVICES[i][0] for i in device],
            "model_name": [DEVICES[i][1] for i in device],
            "year": rng.integers(2010, 2020, n),
            "kvp": rng.integers(70, 79, n).astype(float),
            "total_hip_bmd_g_cm2": rng.normal(0.715, 0.162, n).round(3),
            "total_hip_t_score": (t_score + 0.3).round(1),
        }
    )
    cohort.loc[5, ["total_hip_bmd_g_cm2", "total_hip_t_score"]] = np.nan
    patients = cohort["patient_key"].nunique()
    lost, gone = sum(s[2] for s in STEPS), sum(s[3] for s in STEPS)
    flow = [("came_in", "records that came in", 0, n + lost, 0, patients + gone)]
    for step, criterion, records, people in STEPS:
        left = flow[-1][3] - records, flow[-1][5] - people
        flow.append((step, criterion, records, left[0], people, left[1]))
    columns = ["step", "criterion", "records_excluded", "records_remaining"]
    columns += ["patients_excluded", "patients_remaining"]
    write_csv(folder / "flow.csv", pd.DataFrame(flow, columns=columns))
    write_csv(folder / "cohort.csv", cohort)
    reasons = ["cut_off"] * uncroppable + [""] * images
    crops = cohort[["case_id"]].assign(
        status=["uncroppable"] * uncroppable + ["cropped"] * images, reason=reasons
    )
    write_csv(folder / "crops.csv", crops)
    facts = {
        "id": folder.name,
        "name": name,
        "synthetic": synthetic,
        "files": n + 14,
        "films": n + 3,
        "refused": {"not_dicom": 2, "undecodable_pixels": 9},
        "other_regions": 5,
    }
    write_json(folder / "site.json", facts)
    return cohort.iloc[uncroppable:]


def write_predictions(folder: Path, rows: pd.DataFrame, *, shift: float) -> None:
    """Score the rows by their T-score with noise."""
    rng = np.random.default_rng(len(rows))
    signal = -2.5 - rows["t_score"] + rng.normal(shift, 1.0, len(rows))
    predictions = pd.DataFrame(
        {"case_id": rows["case_id"], "label": rows["label"], "score": 1 / (1 + np.exp(-signal))}
    )
    write_csv(folder / "predictions.csv", predictions)


def write_baselines(folder: Path) -> None:
    """Score the predicted hips by baselines that know little, and compare."""
    rows = pd.read_csv(folder / "predictions.csv", dtype={"case_id": str})
    rng = np.random.default_rng(len(rows) + 1)
    scores = Scores(
        case_ids=tuple(rows["case_id"]),
        labels=rows["label"].to_numpy(),
        scores={
            name: np.ones(len(rows))
            if name == EVERYONE
            else 0.3 + 0.1 * rows["label"] + rng.uniform(0, 0.4, len(rows))
            for name in BASELINES
        },
        known_device=rng.integers(0, 2, len(rows)).astype(bool),
    )
    write_csv(folder / "scores.csv", scores.as_table())
    compare_baselines(
        predictions=folder / "predictions.csv",
        threshold_file=folder.parents[1] / "model" / "threshold.json",
        baselines=folder / "scores.csv",
        out=folder / "baselines.csv",
    )


def write_evaluation(folder: Path, site: Path) -> None:
    """Evaluate the predictions of a folder, with what the model chose on validation."""
    model = folder.parents[1] / "model"
    external = site.name != "development"
    write_baselines(folder)
    evaluate(
        predictions=folder / "predictions.csv",
        threshold_file=model / "threshold.json",
        calibration_file=model / "calibration.json",
        triage_file=model / "triage.json",
        cohort=site / "cohort.csv",
        retune=external,
        out_dir=folder,
    )
    if external:
        drop(
            predictions=folder / "predictions.csv",
            cohort=site / "cohort.csv",
            threshold_file=model / "threshold.json",
            calibration_file=model / "calibration.json",
            internal_predictions=folder.parent / "test" / "predictions.csv",
            internal_cohort=site.parent / "development" / "cohort.csv",
            out=folder / "drop.json",
        )


def write_agreements(
    tree: Tree, *readers: str, reading: Sequence[str] | None = None, synthetic: bool = True
) -> None:
    """Let readers judge the maps of a tree; those not in ``reading`` have not begun.

    Each calls every fifth case not adequate, the first reader every third; no decoy is
    adequate to anyone.
    """
    tree.readers = tree.root / "results" / "readers"
    for cohort in ("test", *(folder.name for folder in tree.externals)):
        path = tree.root / "results" / "evaluation" / cohort / "predictions.csv"
        cases = sorted(pd.read_csv(path, dtype={"case_id": str})["case_id"])
        decks, found = [], []
        for reader in readers:
            items = build_deck(len(cases), reader=reader, seed=1)
            decks.append(Deck(reader, reader, tuple((cases[i.case], i.kind) for i in items)))
            every = 3 if reader == readers[0] else 5
            found += [
                Reading(
                    reader=reader,
                    item=number,
                    case_id=cases[item.case],
                    kind=item.kind,
                    adequate=item.kind != "decoy" and item.case % every != 1,
                    reason="outside the bone",
                    seconds=2.5,
                )
                for number, item in enumerate(items, start=1)
                if reading is None or reader in reading
            ]
        content = agreement_content(found, decks, synthetic=synthetic)
        write_json(tree.readers / cohort / "agreement.json", content)


def write_tree(
    root: Path,
    *,
    images: int = 60,
    externals: Sequence[str] = ("External hospital",),
    synthetic: bool = True,
    external_synthetic: bool | None = None,
    name: str = "Development hospital",
) -> Tree:
    """Write results of a study below ``root``."""
    tree = Tree(root)
    results = root / "results"
    development = results / "sites" / "development"
    rows = write_site(development, name=name, images=images, synthetic=synthetic, seed=1)
    tenth = images // 10
    part = ["training"] * (images - 2 * tenth) + ["validation"] * tenth + ["test"] * tenth
    split = rows[["case_id", "patient_key"]].assign(part=part)
    write_csv(results / "split.csv", split)
    labelled = rows.assign(part=part)
    for kind in ("validation", "test"):
        chosen = labelled[labelled["part"] == kind]
        write_predictions(results / "evaluation" / kind, chosen, shift=0)
    fix_threshold(
        predictions=results / "evaluation" / "validation" / "predictions.csv",
        split=results / "split.csv",
        out=results / "model" / "threshold.json",
        calibration_out=results / "model" / "calibration.json",
        triage_out=results / "model" / "triage.json",
    )
    for kind in ("validation", "test"):
        write_evaluation(results / "evaluation" / kind, development)
    comparisons = [
        {"groups": list(pair), "records": [48, 6], "shared": shared()}
        for pair in (("training", "validation"), ("training", "test"), ("validation", "test"))
    ]
    for i, title in enumerate(externals):
        folder = results / "sites" / f"external{i or ''}"
        marked = synthetic if external_synthetic is None else external_synthetic
        rows = write_site(folder, name=title, images=images // 2, synthetic=marked, seed=10 + i)
        write_predictions(results / "evaluation" / folder.name, rows, shift=0.8)
        write_evaluation(results / "evaluation" / folder.name, folder)
        comparisons.append(
            {"groups": ["development", folder.name], "records": [60, 30], "shared": shared()}
        )
        tree.externals.append(folder)
    contrast(
        evaluation=results / "evaluation",
        internal="test",
        external=[folder.name for folder in tree.externals],
        out=results / "evaluation" / "comparison.json",
    )
    write_json(results / "leakage.json", {"disjoint": True, "comparisons": comparisons})
    epochs = np.arange(1, 11)
    history = pd.DataFrame(
        {
            "epoch": epochs,
            "loss": 0.3 + 0.4 / epochs,
            "accuracy": 0.92 - 0.4 / epochs,
            "validation_loss": 0.4 + 0.3 / epochs + 0.01 * epochs,
            "validation_accuracy": 0.8 - 0.01 * abs(epochs - 7),
        }
    )
    write_csv(results / "model" / "history.csv", history)
    run = {
        "synthetic": synthetic,
        "seed": 1,
        "n": {"training": images - 2 * tenth, "validation": tenth, "test": tenth},
        "best_epoch": 7,
        "parameters": 284_929,
        "device": "cpu",
        "hardware": {"processor": "Processor X9"},
        "versions": {"python": "3.11.2", "keras": "3.15.1"},
        "initial_weights": None,
        "training": Training(epochs=10).model_dump(mode="json"),
        "warnings": [],
    }
    write_json(results / "model" / "run.json", run)
    design = {
        "network": Network().model_dump(mode="json"),
        "preprocessing": {
            "images": Images().model_dump(mode="json"),
            "centre": "mean",
            "sigma_divisor": 2.0,
            "sigma_jitter": 1.0,
            "clip": 1.0,
            "order": "z-score, clip",
        },
    }
    write_json(results / "model" / "network.json", design)
    if synthetic and external_synthetic in (None, True):
        write_agreements(tree, "simulated-1", "simulated-2")
    else:
        write_agreements(tree, "reader-1", "reader-2", reading=[], synthetic=synthetic)
    return tree


def shared() -> dict[str, int]:
    return dict.fromkeys(("patient", "film", "file", "pixels"), 0)


@pytest.fixture
def make_tree(tmp_path: Path) -> Callable[..., Tree]:
    """Write a tree below the test's own folder; keywords as for `write_tree`."""
    return partial(write_tree, tmp_path)


@pytest.fixture(scope="session")
def let_read() -> Callable[..., None]:
    """Let readers judge the maps of a tree: the function `write_agreements`."""
    return write_agreements


@pytest.fixture(scope="session")
def write_study() -> Callable[..., Tree]:
    """Write a tree below a folder: the function `write_tree`."""
    return write_tree


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A synthetic study with one external site, reported. Not to be changed."""
    tree = write_tree(tmp_path_factory.mktemp("study"))
    tree.numbers = tree.report()
    return tree


@pytest.fixture(scope="session")
def real_study(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A study that says to be real, with two external sites of awkward names, reported."""
    tree = write_tree(
        tmp_path_factory.mktemp("real"),
        synthetic=False,
        name="<script>alert(1)</script>",
        externals=("Busan | *University* Hospital_", "Saint-Luc [x](http://a.b) $1^2$"),
    )
    tree.numbers = tree.report()
    return tree
