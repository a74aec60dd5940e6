"""The synthetic hospitals' machines."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest

from osteohip.synthetic.scanners import (
    DEVELOPMENT_SCANNERS,
    EXTERNAL_SCANNERS,
    Look,
    Scanner,
    draw_scanner,
)

ALL = (*DEVELOPMENT_SCANNERS, *EXTERNAL_SCANNERS)


def name(scanner: Scanner) -> str:
    return f"{scanner.manufacturer} {scanner.model_name} {scanner.software}"


def test_machines_are_the_papers() -> None:
    assert [f"{s.manufacturer} {s.model_name}" for s in DEVELOPMENT_SCANNERS] == [
        "Samsung Electronics GM85",
        "Samsung Electronics GR40CW",
        "GE Healthcare Discovery XR656",
        "GE Healthcare Thunder Platform",
        "Canon Inc. CXDI",
    ]
    assert [f"{s.manufacturer} {s.model_name}" for s in EXTERNAL_SCANNERS] == [
        "DK Medical Innovision DXII",
        "GE Healthcare Discovery XR656",
    ]


@pytest.mark.parametrize("scanner", ALL, ids=name)
def test_exposures_stay_in_the_ranges(scanner: Scanner) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        exposure = scanner.draw_exposure(rng)
        assert 70 <= exposure.kvp <= 78
        assert exposure.bits == scanner.bits
        for field in fields(Look):
            low, high = getattr(scanner.look, field.name)
            assert low <= getattr(exposure, field.name) <= high


@pytest.mark.parametrize("scanner", ALL, ids=name)
def test_digital_x_ray_for_presentation_states_shape_and_an_identity_rescale(
    scanner: Scanner,
) -> None:
    if scanner.modality == "DX":  # DICOM PS3.3 C.8.11.3
        assert scanner.states_shape
        assert scanner.rescale == (1.0, 0.0)


def test_the_hospitals_cover_what_a_reader_must_handle() -> None:
    assert {s.modality for s in DEVELOPMENT_SCANNERS} == {"CR", "DX"}
    assert {s.photometric for s in DEVELOPMENT_SCANNERS} == {"MONOCHROME1", "MONOCHROME2"}
    assert {s.photometric for s in EXTERNAL_SCANNERS} == {"MONOCHROME1", "MONOCHROME2"}
    assert {s.bits for s in DEVELOPMENT_SCANNERS} == {10, 12, 14}
    assert len({uid for s in ALL for uid, _ in s.transfer_syntaxes}) == 5


def test_machines_are_drawn_by_weight() -> None:
    rng = np.random.default_rng(0)
    drawn = Counter(draw_scanner(DEVELOPMENT_SCANNERS, rng).model_name for _ in range(4000))
    for scanner in DEVELOPMENT_SCANNERS:
        assert drawn[scanner.model_name] / 4000 == pytest.approx(scanner.weight, abs=0.03)


def test_transfer_syntaxes_are_drawn_by_weight() -> None:
    rng = np.random.default_rng(0)
    scanner = DEVELOPMENT_SCANNERS[0]
    drawn = Counter(scanner.draw_transfer_syntax(rng) for _ in range(2000))
    for uid, weight in scanner.transfer_syntaxes:
        assert drawn[uid] / 2000 == pytest.approx(weight, abs=0.04)
