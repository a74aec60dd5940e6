"""From results to every number that the report prints: the content of ``numbers.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from osteohip.cohort.age import AGE_CEILING_YEARS
from osteohip.errors import StudyError
from osteohip.evaluation.balance import standardised_difference, standardised_share
from osteohip.evaluation.estimate import LEVEL
from osteohip.evaluation.measures import proportions
from osteohip.paper.audit import audit
from osteohip.paper.published import JANG_2021
from osteohip.report.attention import attention_numbers
from osteohip.report.baselines import baseline_numbers, comparator, plan_numbers
from osteohip.report.clinical import clinical_numbers
from osteohip.report.findings import one_call
from osteohip.report.readers import readers_numbers
from osteohip.report.received import UNKNOWN_OVERLAP, other_settings, received
from osteohip.report.results import PARTS, Results, Site
from osteohip.report.runs import runs_numbers

QUANTITIES = (
    "age_years",
    "t_score",
    "bmd_g_cm2",
    "total_hip_t_score",
    "total_hip_bmd_g_cm2",
    "days_between",
    "year",
    "kvp",
)


def numbers(results: Results) -> dict[str, Any]:
    """Return all numbers of the report, ready for JSON, in a fixed order.

    Raises
    ------
    StudyError
        If a flow does not add up to the cohort.
    """
    own = None if results.development is None else results.development.site
    sites = [
        _site(site, results.name(site), "development" if site is own else "external")
        for site in results.sites
    ]
    cohorts = _cohorts(results)
    marked = [cohort["synthetic"] for cohort in cohorts]
    return {
        "study": {
            "run": results.run,
            "primary": results.run == "primary",
            "received": results.development is None,
            "synthetic": any(marked),
            "all_synthetic": all(marked),
            "films_synthetic": all(site["synthetic"] for site in sites),
            "mixed": _model_synthetic(results) not in {site["synthetic"] for site in sites}
            or len({site["synthetic"] for site in sites}) > 1,
            "interval_percent": round(100 * LEVEL),
            "age_ceiling": round(AGE_CEILING_YEARS),
        },
        "sites": sites,
        "groups": _groups(results),
        "balance": _balance(results),
        "cohorts": cohorts,
        "comparison": results.comparison,
        "training": _training(results),
        "model": _model(results),
        "received": received(results.model, results.config.evaluation.proportion_interval),
        "leakage": results.development.leakage if results.development else UNKNOWN_OVERLAP,
        "runs": None if results.runs is None else runs_numbers(results.runs),
        "attention": _attention(results),
        "readers": _readers(results, cohorts),
        "config": _config(results),
        "baselines": {**plan_numbers(), "comparator": comparator(cohorts)},
        "paper": _paper(),
        "audit": audit(JANG_2021),
        "warnings": _warnings(results, cohorts),
    }


def _model_synthetic(results: Results) -> bool:
    return bool(results.model.facts["synthetic"])


def _attention(results: Results) -> dict[str, Any] | None:
    """Return what the network looked at; None where no maps were made."""
    if results.looked is None or results.example is None:
        return None
    folders = {site.id: site for site in results.externals}
    if results.development is not None:
        folders["test"] = results.development.site
    return attention_numbers(
        results.looked,
        t_scores={
            cohort: dict(zip(rows["case_id"], rows["t_score"], strict=True))
            for cohort in results.looked
            for rows in [folders[cohort].cohort]
        },
        example=results.example.facts,
    )


def _readers(results: Results, cohorts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what readers said; None where the study has no reading kit."""
    if results.agreements is None:
        return None
    read = [cohort for cohort in cohorts if cohort["id"] in results.agreements]
    return readers_numbers(results.agreements, read, results.config.readers)


def _site(site: Site, name: str, role: str) -> dict[str, Any]:
    steps = _records(site.flow)
    first, last = steps[0], steps[-1]
    came_in = {
        unit: first[f"{unit}_excluded"] + first[f"{unit}_remaining"]
        for unit in ("records", "patients")
    }
    for unit, total in came_in.items():
        excluded = sum(step[f"{unit}_excluded"] for step in steps)
        if total - excluded != last[f"{unit}_remaining"]:
            raise StudyError(f"site {site.id}: the {unit} of flow.csv do not add up")
    if last["records_remaining"] != len(site.cohort):
        raise StudyError(f"site {site.id}: flow.csv ends with another number than cohort.csv has")
    refused = dict(sorted(site.facts["refused"].items(), key=lambda item: (-item[1], item[0])))
    if sum(refused.values()) + site.facts["films"] != site.facts["files"]:
        raise StudyError(f"site {site.id}: the films and the refused files do not add up")
    left_out = site.crops[site.crops["status"] != "cropped"]
    return {
        "id": site.id,
        "name": name,
        "role": role,
        "synthetic": bool(site.facts["synthetic"]),
        "files": site.facts["files"],
        "films": site.facts["films"],
        "refused_total": sum(refused.values()),
        "refused": [{"reason": reason, "films": n} for reason, n in refused.items()],
        "came_in": came_in,
        "excluded": {
            unit: came_in[unit] - last[f"{unit}_remaining"] for unit in ("records", "patients")
        },
        "steps": steps,
        "cohort": {
            "records": len(site.cohort),
            "patients": int(site.cohort["patient_key"].nunique()),
        },
        "uncroppable_total": len(left_out),
        "uncroppable": [
            {"reason": str(reason), "images": int(n)}
            for reason, n in left_out["reason"]
            .fillna("no_reason")
            .value_counts()
            .sort_index()
            .items()
        ],
        "images": len(site.images),
        "patients": int(site.images["patient_key"].nunique()),
    }


def _groups(results: Results) -> list[dict[str, Any]]:
    """Describe the cropped records of the development site, of its parts and of each site."""
    tables = _tables(results)
    counts = [_devices(rows).value_counts() for *_, rows in tables]
    # The same devices in every group, the most frequent first.
    whole = [count for table, count in zip(tables, counts, strict=True) if table[0] not in PARTS]
    total = pd.concat(whole).groupby(level=0).sum()
    ordered = sorted(total.index, key=lambda device: (-int(total[device]), device))
    return [
        {
            **_group(rows, identity, title, marked),
            "devices": [
                {"device": device, **_share(int(count.get(device, 0)), len(rows))}
                for device in ordered
            ],
        }
        for (identity, title, marked, rows), count in zip(tables, counts, strict=True)
    ]


def _tables(results: Results) -> list[tuple[str, str, bool, pd.DataFrame]]:
    """Return id, name, whether synthetic, and the rows of each group."""
    tables: list[tuple[str, str, bool, pd.DataFrame]] = []
    if results.development is not None:
        site, split = results.development.site, results.development.split
        parts = site.images["case_id"].map(split.set_index("case_id")["part"])
        if parts.isna().any() or len(split) != len(parts):
            raise StudyError("split.csv holds other cases than the development site: split anew")
        synthetic = bool(site.facts["synthetic"])
        tables.append(("development", results.name(site), synthetic, site.images))
        tables += [(part, part, synthetic, site.images[parts == part]) for part in PARTS]
    tables += [
        (site.id, results.name(site), bool(site.facts["synthetic"]), site.images)
        for site in results.externals
    ]
    return tables


def _balance(results: Results) -> list[dict[str, Any]]:
    """Return how validation and test set differ from training, and the sites from development."""
    rows = {identity: table for identity, _, _, table in _tables(results)}
    pairs: list[tuple[str, str]] = [
        (part, "training") for part in ("validation", "test") if part in rows
    ]
    pairs += [(site.id, "development") for site in results.externals if "development" in rows]
    return [
        {
            "group": group,
            "reference": reference,
            "differences": {
                **{
                    name: standardised_share(
                        int((a[column] == value).sum()),
                        len(a),
                        int((b[column] == value).sum()),
                        len(b),
                    ).as_json()
                    for name, column, value in (
                        ("osteoporosis", "label", 1),
                        ("right", "side", "R"),
                    )
                },
                **{
                    name: standardised_difference(
                        a[name].to_numpy(float), b[name].to_numpy(float)
                    ).as_json()
                    for name in QUANTITIES
                },
            },
            "devices": [
                {
                    "device": device,
                    **standardised_share(
                        int((_devices(a) == device).sum()),
                        len(a),
                        int((_devices(b) == device).sum()),
                        len(b),
                    ).as_json(),
                }
                for device in sorted({*_devices(a), *_devices(b)})
            ],
        }
        for group, reference in pairs
        for a, b in [(rows[group], rows[reference])]
    ]


def _devices(rows: pd.DataFrame) -> pd.Series[str]:
    names = rows[["manufacturer", "model_name"]].fillna("").astype(str)
    devices = (names["manufacturer"] + " " + names["model_name"]).str.strip()
    return devices.where(devices != "", "not stated")


def _group(rows: pd.DataFrame, name: str, title: str, synthetic: bool) -> dict[str, Any]:
    return {
        "id": name,
        "name": title,
        "synthetic": synthetic,
        "n": len(rows),
        "patients": int(rows["patient_key"].nunique()),
        "osteoporosis": _share(int((rows["label"] == 1).sum()), len(rows)),
        "no_osteoporosis": int((rows["label"] == 0).sum()),
        "right": _share(int((rows["side"] == "R").sum()), len(rows)),
        "left": _share(int((rows["side"] == "L").sum()), len(rows)),
        **{quantity: _moments(rows[quantity]) for quantity in QUANTITIES},
    }


def _moments(values: pd.Series[float]) -> dict[str, Any]:
    known = values.dropna()
    return {
        "n": len(known),
        "mean": _finite(known.mean()),
        "sd": _finite(known.std(ddof=1)),
        "median": _finite(known.median()),
        "low": _finite(known.min()),
        "high": _finite(known.max()),
    }


def _cohorts(results: Results) -> list[dict[str, Any]]:
    """Return what was measured: on validation, on the test set and at each external site."""
    names = {"validation": "Validation set", "test": "Test set"}
    names |= {site.id: results.name(site) for site in results.externals}
    synthetic = {site.id: bool(site.facts["synthetic"]) for site in results.externals}
    if results.development is not None:
        of_parts = bool(results.development.site.facts["synthetic"])
        synthetic |= {"validation": of_parts, "test": of_parts}
    cohorts = []
    for cohort, evaluation in results.evaluations.items():
        counts = evaluation.metrics["confusion"]
        cohorts.append(
            {
                "id": cohort,
                "kind": cohort if cohort in PARTS else "external",
                "name": names[cohort],
                "synthetic": _model_synthetic(results) or synthetic[cohort],
                "n": evaluation.metrics["n"],
                "osteoporosis": _share(counts["tp"] + counts["fn"], evaluation.metrics["n"]),
                "no_osteoporosis": counts["fp"] + counts["tn"],
                "called_osteoporosis": counts["tp"] + counts["fp"],
                "called_no_osteoporosis": counts["fn"] + counts["tn"],
                "confusion": counts,
                "threshold": evaluation.metrics["threshold"],
                "metrics": evaluation.metrics["metrics"],
                "one_call": one_call(counts, results.config.evaluation.proportion_interval),
                "warnings": evaluation.metrics["warnings"],
                **clinical_numbers(evaluation),
                "baselines": baseline_numbers(evaluation.baselines, evaluation.metrics),
            }
        )
    return cohorts


def _training(results: Results) -> dict[str, Any]:
    history = results.model.history
    best = results.model.facts["best_epoch"]
    at_best = history[history["epoch"] == best]
    if at_best.empty:
        raise StudyError("run.json names a best epoch that history.csv does not hold")
    return {
        "synthetic": _model_synthetic(results),
        "epochs": len(history),
        "best_epoch": best,
        "at_best": {
            name: _finite(at_best.iloc[0][name])
            for name in ("loss", "accuracy", "validation_loss", "validation_accuracy")
        },
    }


def _model(results: Results) -> dict[str, Any]:
    """Return what the bundle says of itself, less what stands elsewhere in the numbers."""
    elsewhere = ("training", "initial_weights", "warnings")
    facts = {name: fact for name, fact in results.model.facts.items() if name not in elsewhere}
    preprocessing = dict(results.model.design["preprocessing"])
    del preprocessing["images"]
    divisor, jitter = preprocessing["sigma_divisor"], preprocessing.pop("sigma_jitter")
    preprocessing["training_divisor"] = {"low": divisor - jitter, "high": divisor + jitter}
    return {"architecture": "VGG16", **facts, "preprocessing": preprocessing}


def _warnings(results: Results, cohorts: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the warnings of the training and of each evaluation."""
    found = [
        {"cohort": "training", "name": "Training", "code": "training", "text": text}
        for text in results.model.facts.get("warnings", [])
    ]
    if results.model.manifest is not None:
        found += other_settings(results.model.manifest["intended_use"], results.config)
    for cohort in cohorts:
        heading = {"cohort": cohort["id"], "name": cohort["name"]}
        found += [{**heading, **warning} for warning in cohort["warnings"]]
    return found


def _config(results: Results) -> dict[str, Any]:
    """Return the settings of this run: the model's from its bundle, the others as configured."""
    config, model = results.config, results.model
    made = {site.id for site in results.sites if site.facts["synthetic"]}
    return {
        "seed": config.seed,
        "run": {"name": results.run, "seed": model.facts["seed"]},
        "device": model.facts["device"],
        "inventory": config.inventory.model_dump(mode="json"),
        "selection": config.selection.model_dump(mode="json"),
        "images": model.design["preprocessing"]["images"],
        **({} if config.split is None else {"split": config.split.model_dump(mode="json")}),
        "network": {
            **model.design["network"],
            "initial_weights": model.facts["initial_weights"],
        },
        "training": model.facts["training"],
        "evaluation": config.evaluation.model_dump(mode="json"),
        "explanation": config.explanation.model_dump(mode="json"),
        "readers": config.readers.model_dump(mode="json"),
        "synthetic": {
            site: recipe.model_dump(mode="json")
            for site, recipe in config.synthetic.items()
            if site in made
        },
    }


def _paper() -> dict[str, Any]:
    """Return the published numbers; shares and fractions that the paper implies beside them."""
    content = asdict(JANG_2021)
    for name in ("images", "training", "validation", "test", "external"):
        part = getattr(JANG_2021, name)
        content[name] |= {"osteoporosis": _share(part.osteoporosis, part.n), "n": part.n}
    for name in ("test_performance", "external_performance"):
        performance = content[name]
        for measure, found in proportions(getattr(JANG_2021, name).confusion).items():
            performance[measure] = {"printed": performance[measure], "k": found.k, "n": found.n}
    return content


def _share(k: int, n: int) -> dict[str, Any]:
    return {"k": k, "n": n, "share": k / n if n else None}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain Python values."""
    return [
        {str(k): v.item() if hasattr(v, "item") else v for k, v in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def _finite(value: Any) -> float | None:
    return None if pd.isna(value) else round(float(value), 12)
