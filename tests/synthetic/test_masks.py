"""Masks of synthetic films: what goes in comes out, and they follow the film."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from osteohip.synthetic.masks import encode_masks, read_masks, write_masks

BONE = np.array([[1, 1, 0], [0, 1, 0]], bool)
CORTEX = np.array([[1, 0, 0], [0, 0, 0]], bool)


def test_masks_come_back_at_the_size_of_the_film(tmp_path: Path) -> None:
    write_masks(tmp_path / "masks.zip", [("2.25.1", encode_masks(BONE, CORTEX))])
    with ZipFile(tmp_path / "masks.zip") as archive:
        bone, cortex = read_masks(archive, "2.25.1")
        with pytest.raises(KeyError):
            read_masks(archive, "2.25.2")
    assert bone.tolist() == [[1, 1, 1, 1, 0, 0]] * 2 + [[0, 0, 1, 1, 0, 0]] * 2
    assert cortex.tolist() == [[1, 1, 0, 0, 0, 0]] * 2 + [[0] * 6] * 2


def test_the_same_masks_are_the_same_bytes(tmp_path: Path) -> None:
    pictures = [("2.25.1", encode_masks(BONE, CORTEX)), ("2.25.2", encode_masks(BONE, BONE))]
    write_masks(tmp_path / "a.zip", pictures)
    write_masks(tmp_path / "b.zip", pictures)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_cortex_outside_bone_is_refused() -> None:
    with pytest.raises(ValueError, match="inside bone"):
        encode_masks(CORTEX, BONE)
