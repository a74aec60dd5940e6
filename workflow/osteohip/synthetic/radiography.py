"""From areal bone density to a stored film: soft tissue, beam, detector and vendor processing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit

from osteohip.synthetic.density import Array, Grid, double

MUSCLE_PER_CM = 0.205
FAT_PER_CM = 0.178
BONE_PER_G_CM2 = 0.42
METAL_PER_G_CM2 = 0.9
"""Attenuation in the spectrum of about 74 kV behind a patient: of soft tissue per cm, of bone
mineral and of metal per g/cm2, less the soft tissue that they displace."""

SCATTER_TO_PRIMARY = 0.55
"""Behind the body, with a usual grid; more than half of it is spread over `SCATTER_REACH`."""
SCATTER_REACH = 0.11
"""Sigma of the scatter's spread as a share of the film's height."""
QUANTUM_NOISE = 0.022
"""SD of the log signal of one pixel behind the body's median, usual exposure."""
LATITUDE = 0.38
"""Share of the large-scale differences that a vendor takes out of the film."""
LATITUDE_REACH = 0.06
"""Sigma of what counts as large-scale, as a share of the film's height."""
BODY_RANGE = 3.2
"""Log signal below the film's maximum within which a vendor looks for the body."""


@dataclass(frozen=True)
class Exposure:
    """How a film was taken and processed.

    Attributes
    ----------
    pixel_spacing_mm : detector pixel, 0.25 to 0.32 mm; the matrix is `rendering`'s
    kvp : tube voltage, about 70 to 78
    noise : quantum noise relative to a usual exposure, about 0.5 to 2
    scatter : scatter relative to a usual grid, about 0.5 to 2
    blur_mm : sigma of focus and detector blur, about 0.15 to 0.5 mm
    tone_gamma : contrast of the vendor's tone curve, about 0.8 to 1.3 (1 = usual)
    tone_toe : roll-off at the dark end of the tone curve, 0 to 1
    edge_enhancement : strength of the vendor's unsharp mask, 0 to 1
    bits : stored bits, 10, 12 or 14
    gain : factor on the grey level, about 0.85 to 1.15
    offset : shift of the grey level as a share of the range, about -0.1 to 0.1
    """

    pixel_spacing_mm: float
    kvp: float
    noise: float
    scatter: float
    blur_mm: float
    tone_gamma: float
    tone_toe: float
    edge_enhancement: float
    bits: int
    gain: float
    offset: float


def _resize(values: Array, rows: int, columns: int) -> Array:
    """Interpolate linearly to any larger size, pixel areas aligned."""

    def weights(old: int, new: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.minimum(place.astype(np.int64), max(old - 2, 0))
        return low, np.minimum(low + 1, old - 1), (place - low).astype(np.float32)

    low, high, share = weights(values.shape[0], rows)
    tall = values[low] * (1 - share[:, None]) + values[high] * share[:, None]
    low, high, share = weights(values.shape[1], columns)
    return np.asarray(tall[:, low] * (1 - share) + tall[:, high] * share, np.float32)


def random_field(
    rows: int, columns: int, smooth: float, rng: np.random.Generator, *, margin: int = 2
) -> Array:
    """Smooth random field of SD 1 on any grid: normals every `smooth` samples, interpolated."""
    knots = rng.standard_normal(
        (int(rows / smooth) + margin + 2, int(columns / smooth) + margin + 2)
    )
    y = np.linspace(0.5, 0.5 + rows / smooth, rows)
    x = np.linspace(0.5, 0.5 + columns / smooth, columns)
    grid = np.asarray(
        ndimage.map_coordinates(knots, np.meshgrid(y, x, indexing="ij"), order=3, mode="nearest")
    )
    return np.asarray(grid / 0.88, np.float32)


def soft_tissue(
    grid: Grid,
    *,
    midline: float,
    hips: tuple[float, ...],
    thickness_cm: float,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Thickness of muscle and of fat in the beam.

    Parameters
    ----------
    grid : where; x in film mm from the index hip's head, y from the heads' level
    midline : x of the body's midline
    hips : x of the femoral heads in the film
    thickness_cm : of the body at the hips
    rng : source of folds, fat planes, gas

    Returns
    -------
    muscle, fat : (rows, columns) float32, cm
    """
    x, y = grid.x[None, :], grid.y[:, None]
    side = np.abs(x - midline)
    half_width = abs(hips[0] - midline) + 68 + 2.6 * (thickness_cm - 12) + 6 * rng.normal()
    bulge = 9 * np.sin((y + 30) / 75) - 0.10 * np.maximum(y - 60, 0)
    slant = 0.05 * rng.normal() * y
    wobble = 2.5 * np.sin(y / 37 + rng.uniform(0, 6))
    from_skin = half_width + bulge + slant + wobble - side
    perineum = 84 + 7 * rng.normal()
    gap = (y - perineum) * 0.62 + 3 * rng.normal() - side
    between = np.minimum(-gap, 200)
    edge = np.minimum(from_skin, 1.6 * between)
    profile = np.sqrt(np.clip(edge / 75, 0, 1) * (2 - np.clip(edge / 75, 0, 1)))
    field = random_field(grid.rows, grid.columns, 45 / grid.step, rng)
    fine = random_field(grid.rows, grid.columns, 13 / grid.step, rng)
    rise = np.clip(-y / 260, -0.35, 0.5) * (1 + 0.5 * rng.normal())
    total = thickness_cm * profile * (1 + 0.066 * field + 0.008 * fine + 0.25 * rise)
    fold_at = (
        -rng.uniform(-25, 100)
        + 0.30 * rng.normal() * (x - hips[0])
        + 0.0016 * (x - midline) ** 2 * rng.normal()
    )
    fold = rng.uniform(0, 0.16) * thickness_cm * expit((fold_at - y) / rng.uniform(1.5, 6))
    total = total + fold * profile
    layer = 4 + 1.5 * (thickness_cm - 13) + 3 * abs(rng.normal())
    share = 0.16 + 0.84 * expit((layer - from_skin) / 1.6)
    for head in hips:
        lateral = (x - head) * np.sign(head - midline)
        for _ in range(5):
            a, b = rng.uniform(8, 60), rng.uniform(-70, 40)
            tilt = rng.normal(1.0, 0.35)
            plane = (y - b) - tilt * (lateral - a) + 0.006 * (lateral - a) ** 2
            plane /= np.sqrt(1 + tilt * tilt)
            extent = np.exp(-(((lateral - a) / 26) ** 2 + ((y - b) / 30) ** 2))
            share = share + rng.uniform(0.08, 0.3) * extent * np.exp(-((plane / 1.6) ** 2))
        stripe = lateral + 4 - 0.42 * (y - 30) + rng.normal() * 3
        share = share + 0.16 * np.exp(-((stripe / 2.2) ** 2)) * expit((y - 20) / 6)
    share = np.clip(share, 0, 1)
    gas = np.zeros(total.shape, np.float32)
    for _ in range(rng.integers(2, 7)):
        gx, gy = midline + rng.normal() * 34, rng.uniform(-105, 2)
        rx, ry = rng.uniform(7, 17), rng.uniform(5, 12)
        reach = np.sqrt(((x - gx) / rx) ** 2 + ((y - gy) / ry) ** 2) + 0.16 * fine
        gas += rng.uniform(1.2, 3.4) * expit((1 - reach) * 7)
    total = np.maximum(total - gas * profile, 0)
    return (total * (1 - share)).astype(np.float32), (total * share).astype(np.float32)


def expose(
    areal: Array,
    metal: Array | None,
    muscle: Array,
    fat: Array,
    exposure: Exposure,
    *,
    blur_px: float,
) -> tuple[Array, Array]:
    """Beam through the patient, scatter and detector.

    Parameters
    ----------
    areal : (rows, columns) float32, bone, g/cm2
    metal : the same for metal, or None
    muscle, fat : (rows / 4, columns / 4) float32, cm
    exposure : kV, scatter
    blur_px : sigma of the unsharpness in pixels of `areal`

    Returns
    -------
    signal : (rows, columns) float32, log attenuation, bone bright
    noise : (rows, columns) float32, SD of its quantum noise per unit of relative noise
    """
    harder = (74.0 / exposure.kvp) ** 0.6
    soft = double(double(np.float32(harder) * (MUSCLE_PER_CM * muscle + FAT_PER_CM * fat)))
    attenuation = soft + np.float32(BONE_PER_G_CM2 * harder**2) * areal
    if metal is not None:
        attenuation += np.float32(METAL_PER_G_CM2) * metal
    primary = np.exp(-attenuation)
    rows, columns = primary.shape
    pooled = primary.reshape(rows // 8, 8, columns // 8, 8).mean(axis=(1, 3))
    body = float(np.median(pooled[pooled < 0.5])) if (pooled < 0.5).any() else 0.1
    reach = SCATTER_REACH * pooled.shape[0]
    spread = ndimage.gaussian_filter(np.minimum(pooled, 6 * body), reach, mode="nearest")
    scattered = SCATTER_TO_PRIMARY * exposure.scatter * (0.6 * spread + 0.4 * body)
    reaching = primary + _resize(scattered.astype(np.float32), rows, columns)
    reaching = ndimage.gaussian_filter(reaching, blur_px, truncate=2.5, mode="nearest")
    noise = np.sqrt(np.float32(body) / reaching)
    return -np.log(reaching), noise


def process(
    signal: Array, noise: Array, exposure: Exposure, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Noise, and a vendor's processing: latitude, edges, tone curve, grey levels.

    Parameters
    ----------
    signal, noise : (rows, columns) float32, as `expose` gives them
    exposure : noise, tone curve, edges, bits, gain, offset
    rng : source of the quantum noise

    Returns
    -------
    (2 * rows, 2 * columns) uint16, bone bright, 0 to 2**bits - 1
    """
    rows, columns = signal.shape
    pooled = signal.reshape(rows // 4, 4, columns // 4, 4).mean(axis=(1, 3))
    wide = ndimage.gaussian_filter(pooled, LATITUDE_REACH * pooled.shape[0], mode="nearest")
    body = pooled[pooled > pooled.max() - BODY_RANGE]
    low, middle, high = np.percentile(body, [3, 50, 99.7])
    level = signal - _resize((LATITUDE * (wide - middle)).astype(np.float32), rows, columns)
    smooth = ndimage.gaussian_filter(level, 1.8, truncate=2.5, mode="nearest")
    level += np.float32(exposure.edge_enhancement) * (level - smooth)
    film = double(level)
    grain = rng.standard_normal(film.shape, dtype=np.float32)
    strength = (
        np.float32(QUANTUM_NOISE * exposure.noise * (1 + 0.9 * exposure.edge_enhancement)) * noise
    )
    grain.reshape(rows, 2, 2 * columns)[...] *= strength.repeat(2, axis=1)[:, None, :]
    film += grain
    # What the latitude step has taken from the extremes, on the average film.
    low, high = low + 0.3 * (middle - low), high - 0.19 * (high - middle)
    film -= np.float32(low)
    film *= np.float32(1 / (high - low))
    top = 2**exposure.bits - 1
    table = _tone_table(exposure, 4096)
    np.clip(film, -0.5, 1.5, out=film)
    film += np.float32(0.5)
    film *= np.float32(4095 / 2)
    index = film.astype(np.int32)
    return np.asarray((table * top).astype(np.uint16)[index])


def _tone_table(exposure: Exposure, size: int) -> Array:
    """Tone curve from -0.5 to 1.5 of the range of interest to 0..1 of the grey levels."""
    z = np.linspace(-0.5, 1.5, size)
    slope = 4.6 * exposure.tone_gamma
    curve = expit(slope * (z - 0.5))
    curve = (1 - exposure.tone_toe) * curve + exposure.tone_toe * curve**1.8
    level = exposure.gain * (curve - 0.5) + 0.5 + exposure.offset
    return np.asarray(np.clip(level, 0, 1), np.float32)
