"""What of each map lies where: a row a case and layer, and their means over cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from osteohip.errors import StudyError
from osteohip.evaluation.bootstrap import bootstrap, percentile_interval
from osteohip.evaluation.estimate import Estimate
from osteohip.evaluation.proportions import wilson
from osteohip.explanation.maps import Maps, area_under, enlarged
from osteohip.explanation.outcomes import CALLS, OUTCOMES
from osteohip.explanation.regions import border_band, share_of_area, share_of_heat
from osteohip.files import read_arrays_of

Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

REGIONS = ("bone", "cortex", "border")
PLACES = ("centre_from_above", "centre_from_medial")
CURVES = ("deletion", "insertion")
MEASURES = (*(f"{kind}_{region}" for region in REGIONS for kind in ("heat", "area")), *PLACES)
COLUMNS = (
    "case_id",
    "layer",
    "label",
    "called",
    "outcome",
    "score",
    "target",
    "zero",
    *MEASURES,
    *CURVES,
    "reason",
)
ZERO = "the map is 0 everywhere"
ALIKE = "the map is the same everywhere"
NO_MASKS = "only the generator of synthetic films knows where bone lies"
NOT_SHOWN = "the curves are those of the first layer"
NO_CASES = "there is no such case"


@dataclass(frozen=True)
class Masks:
    """Bone and cortex of the crops, n cases in the order of the maps.

    Parameters
    ----------
    bone, cortex
        Shape (n, size, size), 0 to 1: how much of each pixel they cover.
    """

    bone: Shares
    cortex: Shares


def masks_of(path: Path, case_ids: npt.NDArray[np.str_], *, size: int) -> Masks:
    """Read the masks of these cases from ``masks.npz``.

    Raises
    ------
    StudyError
        If it lacks a case or is of another size than the crops.
    """
    bone, cortex = read_arrays_of(path, case_ids.tolist(), "bone", "cortex")
    if bone.shape[1:] != (size, size):
        raise StudyError(f"{path.name}: expected masks of {size} pixels a side")
    return Masks(bone, cortex)


def outcome(label: int, *, called: bool) -> str:
    """Return TP, FP, FN or TN: the call against the truth."""
    return ("T" if called == (label == 1) else "F") + ("P" if called else "N")


def centre_of_mass(maps: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Return row and column of each map's centre of mass as shares of the crop's side.

    Parameters
    ----------
    maps
        Shape (n, size, size), at least 0.

    Returns
    -------
    Both of shape (n,), 0 at the top or left edge and 1 at the other; not a number for a map that
    is 0 everywhere.
    """
    size = maps.shape[-1]
    middles = (np.arange(size) + 0.5) / size
    rows, columns = np.meshgrid(middles, middles, indexing="ij")
    return share_of_heat(maps, rows), share_of_heat(maps, columns)


def attention_table(
    maps: Maps,
    *,
    labels: Mapping[str, int],
    medial_right: Bools,
    masks: Masks | None,
    size: int,
    border: float,
) -> pd.DataFrame:
    """Return ``attention.csv``: a row for each layer and case, the layer that is shown first.

    Parameters
    ----------
    maps
        Maps of the cases.
    labels
        1 for osteoporosis, 0 for none, of each case.
    medial_right
        Shape (n,), whether the right edge of a crop is the medial one, as in a right hip that was
        not mirrored.
    masks
        None where nobody knows where bone lies; then those cells are empty and ``reason`` says so.
    size
        Pixels a side of the crops.
    border
        Width of the border band as a share of the side.
    """
    band = border_band(size, border)
    called = maps.target > 0
    truth = [labels[case] for case in maps.case_ids.tolist()]
    nothing = np.full(len(maps), np.nan)
    tables = []
    for layer, found in maps.layers.items():
        heat = enlarged(found, size)
        zero = (heat == 0).all(axis=(1, 2))
        regions: dict[str, Any] = {"border": band}
        if masks is not None:
            regions |= {"bone": masks.bone, "cortex": masks.cortex}
        values = {}
        for region in REGIONS:
            known = region in regions
            values[f"heat_{region}"] = share_of_heat(heat, regions[region]) if known else nothing
            values[f"area_{region}"] = (
                np.broadcast_to(share_of_area(regions[region]), len(maps)) if known else nothing
            )
        values["centre_from_above"], columns = centre_of_mass(heat)
        values["centre_from_medial"] = np.where(medial_right, 1 - columns, columns)
        shown = layer == maps.shown
        for name in CURVES:
            curves = getattr(maps, name)
            values[name] = area_under(maps.fraction, curves) if shown else nothing
        reasons = [
            "; ".join(
                text
                for text, holds in (
                    (ZERO, zero[i]),
                    (ALIKE, shown and not zero[i] and np.isnan(values["deletion"][i])),
                    (NO_MASKS, masks is None),
                    (NOT_SHOWN, not shown),
                )
                if holds
            )
            for i in range(len(maps))
        ]
        tables.append(
            pd.DataFrame(
                {
                    "case_id": maps.case_ids,
                    "layer": layer,
                    "label": truth,
                    "called": called.astype(int),
                    "outcome": [
                        outcome(t, called=bool(c)) for t, c in zip(truth, called, strict=True)
                    ],
                    "score": maps.score,
                    "target": maps.target,
                    "zero": np.where(zero, "yes", "no"),
                    **values,
                    "reason": reasons,
                },
                columns=list(COLUMNS),
            )
        )
    return pd.concat(tables, ignore_index=True)


def attention_facts(
    table: pd.DataFrame,
    *,
    patients: Mapping[str, str],
    border: float,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return how the maps lie over the cases: the content of ``attention.json`` but for its marks.

    Parameters
    ----------
    table
        As `attention_table` gives it.
    patients
        The patient of each case, who is resampled with all cases.
    border, resamples, seed
        Width of the border band, and the bootstrap's.

    Returns
    -------
    dict
        ``border`` and for each of ``layers`` its name and ``groups``: of all cases, of each call
        and of each outcome ``n``, ``zero`` (how many maps are 0 everywhere), ``means`` of each
        measure over the cases in which it is defined, and ``ratios``: of each region the mean share
        of heat over the mean share of area of the same cases. 1 is what heat that knows nothing of
        the region has.
    """
    layers = [
        {
            "layer": str(layer),
            "shown": i == 0,
            "groups": _groups(part, patients, resamples=resamples, seed=seed),
        }
        for i, (layer, part) in enumerate(table.groupby("layer", sort=False))
    ]
    return {"border": border, "layers": layers}


def _groups(
    part: pd.DataFrame, patients: Mapping[str, str], *, resamples: int, seed: int
) -> dict[str, Any]:
    keys = part["case_id"].map(dict(patients))
    numbers = pd.factorize(keys, sort=False)[0].astype(np.int64)
    names = [*MEASURES, *CURVES]
    values = part[names].to_numpy(np.float64)
    # An area counts where there is heat to set against it.
    for region in REGIONS:
        absent = np.isnan(values[:, names.index(f"heat_{region}")])
        values[absent, names.index(f"area_{region}")] = np.nan
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    members = {
        "all": np.ones(len(part), bool),
        **{call: (part["target"] > 0).to_numpy() == (call == "positive") for call in CALLS},
        **{name: (part["outcome"] == name).to_numpy() for name in OUTCOMES},
    }

    def statistic(weights: Floats) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        with np.errstate(invalid="ignore", divide="ignore"):
            for group, inside in members.items():
                own = weights * inside
                means = (own @ filled) / (own @ known)
                found |= {f"{group} {name}": means[:, i] for i, name in enumerate(names)}
                found |= {
                    f"{group} ratio {region}": means[:, names.index(f"heat_{region}")]
                    / means[:, names.index(f"area_{region}")]
                    for region in REGIONS
                }
        return found

    draws = bootstrap(statistic, cases=len(part), seed=seed, resamples=resamples, patients=numbers)
    point = statistic(np.ones((1, len(part))))

    groups = {}
    for group, inside in members.items():
        counts = dict(zip(names, known[inside].sum(axis=0).tolist(), strict=True))
        n = int(inside.sum())
        told = {text for cell in part.loc[inside, "reason"] for text in cell.split("; ")}
        zero = int((part.loc[inside, "zero"] == "yes").sum())

        def estimate(
            name: str, key: str, *, counts: dict[str, int] = counts, told: set[str] = told
        ) -> dict[str, Any]:
            if counts[name] == 0:
                reason = _why_undefined(name, told)
                return Estimate(None, None, None, None, 0, "none", reason=reason).as_json()
            return percentile_interval(
                draws[key], estimate=float(point[key][0]), n=counts[name], stratified=False
            ).as_json()

        groups[group] = {
            "n": n,
            "zero": wilson(k=zero, n=n).as_json(),
            "means": {name: estimate(name, f"{group} {name}") for name in names},
            "ratios": {
                region: estimate(f"heat_{region}", f"{group} ratio {region}") for region in REGIONS
            },
        }
    return groups


def _why_undefined(name: str, told: set[str]) -> str:
    """Return why no case has a measure, given what the rows of these cases tell."""
    of_the_measure = [
        NO_MASKS if name.endswith(("bone", "cortex")) else "",
        NOT_SHOWN if name in CURVES else "",
        ZERO,
        ALIKE,
    ]
    return next((reason for reason in of_the_measure if reason and reason in told), NO_CASES)
