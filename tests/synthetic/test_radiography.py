"""Beam, detector and processing: what brightens, what blurs, what is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from osteohip.synthetic import radiography
from osteohip.synthetic.density import Grid
from osteohip.synthetic.radiography import Exposure, expose, process, random_field, soft_tissue

USUAL = Exposure(
    pixel_spacing_mm=0.28,
    kvp=74,
    noise=1.0,
    scatter=1.0,
    blur_mm=0.25,
    tone_gamma=1.0,
    tone_toe=0.3,
    edge_enhancement=0.0,
    bits=12,
    gain=1.0,
    offset=0.0,
)
SIZE = 64


def phantom(bone: float = 1.0, thickness: float = 18.0) -> tuple[np.ndarray, ...]:
    areal = np.zeros((SIZE, SIZE), np.float32)
    areal[16:48, 16:48] = bone
    muscle = np.full((SIZE // 4, SIZE // 4), thickness, np.float32)
    return areal, muscle, np.zeros_like(muscle)


def contrast(exposure: Exposure, thickness: float = 18.0) -> float:
    areal, muscle, fat = phantom(thickness=thickness)
    signal, _ = expose(areal, None, muscle, fat, exposure, blur_px=0.5)
    return float(signal[32, 32] - signal[4, 4])


def test_without_scatter_bone_attenuates_by_beer_and_lambert() -> None:
    assert contrast(replace(USUAL, scatter=0.0)) == pytest.approx(
        radiography.BONE_PER_G_CM2, rel=1e-3
    )


def test_scatter_and_voltage_lower_the_contrast() -> None:
    usual = contrast(USUAL)
    assert contrast(replace(USUAL, scatter=2.0)) < usual < contrast(replace(USUAL, scatter=0.5))
    assert contrast(replace(USUAL, kvp=78)) < usual < contrast(replace(USUAL, kvp=70))


def test_noise_is_greatest_behind_bone_and_metal() -> None:
    areal, muscle, fat = phantom()
    metal = np.zeros_like(areal)
    metal[30:34, 30:34] = 5.0
    signal, noise = expose(areal, metal, muscle, fat, USUAL, blur_px=0.5)
    assert noise[4, 4] < noise[20, 20] < noise[32, 32]
    assert signal[4, 4] < signal[20, 20] < signal[32, 32]


def processed(exposure: Exposure, shift: float = 0.0) -> np.ndarray:
    slope = np.tile(np.linspace(2, 4, SIZE, dtype=np.float32), (SIZE, 1)) + np.float32(shift)
    return process(slope, np.ones_like(slope), exposure, np.random.default_rng(0))


def test_grey_levels_do_not_depend_on_the_dose() -> None:
    one, other = processed(USUAL).astype(int), processed(USUAL, shift=0.7).astype(int)
    assert one.shape == (2 * SIZE, 2 * SIZE)
    assert np.abs(one - other).max() < 0.01 * 4096


def test_more_attenuation_is_brighter() -> None:
    columns = processed(replace(USUAL, noise=0.0)).astype(int).mean(axis=0)
    assert (np.diff(columns) >= 0).all()
    assert columns[-1] - columns[0] > 0.5 * 4096


def test_noise_gain_offset_and_edges_do_what_they_say() -> None:
    quiet, loud = (processed(replace(USUAL, noise=n))[:, SIZE].std() for n in (0.5, 2.0))
    assert 3 < loud / quiet < 5
    flat = replace(USUAL, noise=0.0)
    assert processed(replace(flat, offset=0.1)).mean() > processed(flat).mean() + 0.08 * 4096
    assert processed(replace(flat, gain=0.8)).std() < 0.85 * processed(flat).std()
    areal, muscle, fat = phantom()
    signal, noise = expose(areal, None, muscle, fat, USUAL, blur_px=0.5)
    steep, plain = (
        process(signal, noise, replace(flat, edge_enhancement=e), np.random.default_rng(0))
        for e in (1.0, 0.0)
    )
    assert np.ptp(np.diff(steep[64].astype(int))) > 1.1 * np.ptp(np.diff(plain[64].astype(int)))


def test_soft_tissue_ends_at_the_skin_and_grows_with_the_patient() -> None:
    grid = Grid(x0=-110.0, y0=-110.0, step=2.5, columns=110, rows=110)
    sums = []
    for thickness in (15.0, 25.0):
        muscle, fat = soft_tissue(
            grid,
            midline=-97.0,
            hips=(0.0,),
            thickness_cm=thickness,
            rng=np.random.default_rng(1),
        )
        assert muscle.min() >= 0
        assert fat.min() >= 0
        assert (muscle + fat)[:, -1].max() < 0.2 * thickness
        sums.append(float((muscle + fat)[40:60, 30:60].mean()))
    assert sums[1] > 1.4 * sums[0]


def test_a_random_field_is_smooth_and_of_unit_spread() -> None:
    field = random_field(200, 180, 10.0, np.random.default_rng(0))
    assert field.shape == (200, 180)
    assert field.std() == pytest.approx(1.0, abs=0.2)
    assert np.diff(field, axis=0).std() < 0.3
