"""Maps of the small study that tests of the report share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from osteohip.explanation.attention import Masks, attention_facts, attention_table
from osteohip.explanation.maps import Maps, write_maps
from osteohip.explanation.similarity import similarity
from osteohip.files import write_arrays, write_csv, write_json

SIZE = 16
FRACTION = np.linspace(0, 1, 5, dtype=np.float32)


def write_explained(tree: Any, *, masks: bool = True, burnt_in: bool = False) -> None:
    """Write crops, maps and what was measured of them for the cohorts of a small study."""
    results = tree.root / "results"
    cohorts = {"test": results / "sites" / "development"} if tree.development else {}
    cohorts |= {folder.name: folder for folder in tree.externals}
    for cohort, site in cohorts.items():
        rng = np.random.default_rng(len(cohort))
        rows = pd.read_csv(results / "evaluation" / cohort / "predictions.csv").sort_values(
            "case_id"
        )
        n = len(rows)
        ids = rows["case_id"].to_numpy(str)
        pixels = rng.normal(size=(n, SIZE, SIZE)).astype(np.float32)
        valid = np.ones((n, SIZE, SIZE), bool)
        write_arrays(site / "crops.npz", case_id=ids, pixels=pixels, valid=valid)
        first = rng.uniform(size=(n, 4, 4)).astype(np.float32)
        first[0] = 0
        curves = rng.uniform(size=(n, len(FRACTION))).astype(np.float32)
        maps = Maps(
            case_ids=ids,
            score=rows["score"].to_numpy(float),
            target=np.where(rows["score"] >= 0.5, 1, -1).astype(np.int8),
            layers={"block5_conv3": first, "block4_pool": first[:, ::-1].copy()},
            randomised=first[::-1].copy(),
            fraction=FRACTION,
            deletion=curves,
            insertion=1 - curves,
        )
        folder = results / "explanation" / cohort
        write_maps(folder / "maps.npz", maps)
        bone = np.zeros((n, SIZE, SIZE), np.float32)
        bone[:, :, :8] = 1
        table = attention_table(
            maps,
            labels=dict(zip(ids.tolist(), rows["label"].tolist(), strict=True)),
            medial_right=np.zeros(n, bool),
            masks=Masks(bone, bone / 4) if masks else None,
            size=SIZE,
            border=0.1,
        )
        write_csv(folder / "attention.csv", table)
        patients = {case: case for case in ids.tolist()}
        facts = attention_facts(table, patients=patients, border=0.1, resamples=2000, seed=1)
        alike = {
            name: {"zero": 1, **similarity(found, found[::-1], size=SIZE)}
            for name, found in maps.layers.items()
        }
        asked = ("last_convolution", "before_non_local")
        median = alike["block5_conv3"]["ssim"]
        sanity = {
            "n": n,
            "layers": {
                name: {"asked": word, "zero": 1, "between_cases": alike[name]}
                for name, word in zip(maps.layers, asked, strict=True)
            },
            "left_out": {},
            "curves": {
                name: {"area": median, "randomised": median, "difference": median}
                for name in ("deletion", "insertion")
            },
            "steps": [{"layer": "logit", "maps": alike}, {"layer": "block1_conv1", "maps": alike}],
        }
        write_json(folder / "attention.json", {"synthetic": masks, **facts, "sanity": sanity})
        case = {"case_id": ids[0], "side": "L", "box": [3.0, 4.0, 20.0, 30.0]}
        shown = {"rule": "the first", **case, "rows": 40, "columns": 30, "reason": None}
        hidden = dict.fromkeys(shown) | {"rule": "the first", "reason": "no film says so"}
        write_json(site / "example.json", hidden if burnt_in else shown)
        Image.new("L", (30, 40), 90).save(site / "example.png")
    tree.explanation = results / "explanation"
