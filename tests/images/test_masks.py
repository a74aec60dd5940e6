"""Masks of crops: cut as the crops are, and lying on the bone that the crops show."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from osteohip.cohort.command import select
from osteohip.config import Images
from osteohip.errors import StudyError
from osteohip.files import read_arrays
from osteohip.images.command import crop, mask
from osteohip.images.masks import mask_hip
from osteohip.images.pixels import Box
from osteohip.site.command import inventory
from osteohip.synthetic.recipes import RECIPES
from osteohip.synthetic.site_writer import truth_folder, write_site

SETTINGS = Images(size=64)


def test_a_mask_is_cut_padded_resampled_and_mirrored_like_a_crop() -> None:
    film = np.zeros((100, 100), bool)
    film[10:74, 20:36] = True  # the left quarter of the box
    box = Box(20, 10, 84, 74)
    left = mask_hip(film, box, "L", Images(size=32))
    assert left.dtype == np.float32
    np.testing.assert_array_equal(left, np.arange(32)[None, :].repeat(32, 0) < 8)
    right = mask_hip(film, box, "R", Images(size=32))
    np.testing.assert_array_equal(right, left[:, ::-1])
    as_it_is = mask_hip(film, box, "R", Images(size=32, mirror_right=False))
    np.testing.assert_array_equal(as_it_is, left)
    padded = mask_hip(np.ones((100, 100), bool), Box(0, 0, 32, 64), "L", Images(size=32))
    np.testing.assert_array_equal(padded.sum(axis=0), [0] * 8 + [32] * 16 + [0] * 8)
    half = np.zeros((64, 64), bool)
    half[:, :33] = True
    shares = mask_hip(half, Box(0, 0, 64, 64), "L", Images(size=32))
    assert shares[0].tolist() == [1] * 16 + [0.5] + [0] * 15


@pytest.fixture(scope="module", params=["development", "external"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """A synthetic site with its crops; its films lie on both sides and in both polarities."""
    top = tmp_path_factory.mktemp("made")
    site, out = top / str(request.param), top / "out"
    write_site(site, recipe=RECIPES[site.name], patients=20, seed=11, jobs=2)
    private = out / "private"
    inventory(site=site, out_dir=private, jobs=1)
    select(
        site=site, inventory=private / "inventory.csv", refused=private / "refused.csv", out_dir=out
    )
    settings = SETTINGS.model_dump_json()
    found: dict[str, Any] = {
        "inventory": private / "inventory.csv",
        "linkage": private / "linkage.csv",
        "settings": settings,
    }
    crop(site=site, cohort=out / "cohort.csv", out_dir=out, jobs=1, **found)
    yield SimpleNamespace(site=site, out=out, found=found)
    shutil.rmtree(top)


def test_masks_lie_on_the_bone_of_the_crops(made: SimpleNamespace) -> None:
    archive = truth_folder(made.site) / "masks.zip"
    mask(site=made.site, masks=archive, out=made.out / "masks.npz", **made.found)
    masks, crops = (read_arrays(made.out / f"{name}.npz") for name in ("masks", "crops"))
    assert masks["case_id"].tolist() == crops["case_id"].tolist()
    bone, cortex, pixels = masks["bone"], masks["cortex"], crops["pixels"]
    assert bone.shape == cortex.shape == pixels.shape
    assert bone.dtype == cortex.dtype == np.float32
    assert cortex.min() >= 0
    assert bone.max() <= 1
    assert (cortex <= bone).all()
    sides = pd.read_csv(made.out / "cohort.csv").set_index("case_id")["side"]
    for i, case in enumerate(masks["case_id"]):
        valid = crops["valid"][i]
        # Which way round, and to the pixel: any other way fits the film less.
        fit = {
            name: float(np.corrcoef(shown[valid], pixels[i][valid])[0, 1])
            for name, shown in {
                "as it is": bone[i],
                "mirrored": bone[i][:, ::-1],
                "head down": bone[i][::-1],
                "turned": np.rot90(bone[i]),
                "moved": np.roll(bone[i], 6, axis=1),
                "moved down": np.roll(bone[i], 6, axis=0),
            }.items()
        }
        assert max(fit, key=lambda name: fit[name]) == "as it is", (case, sides[case], fit)
        inside = valid & (bone[i] == 1)
        outside = valid & (bone[i] == 0)
        assert pixels[i][inside].mean() > pixels[i][outside].mean()
    assert {"L", "R"} <= set(sides)


def test_masks_of_other_films_are_refused(made: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"masks\.zip beside the site"):
        mask(site=made.site, masks=tmp_path / "masks.zip", out=tmp_path / "m.npz", **made.found)
