"""What a film shows of a finding: bone gained or lost, calcium and metal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from osteohip.synthetic import anatomy
from osteohip.synthetic.anatomy import Hip
from osteohip.synthetic.density import Array, Grid, beside_line

Path = list[tuple[float, float]]


@dataclass
class Overlay:
    """What a finding changes on a film.

    Attributes
    ----------
    grid : sample points in the frame of the hip
    areal : (rows, columns) float32, bone and calcium, g/cm2; changed in place
    metal : the same for metal and plastic
    """

    grid: Grid
    areal: Array
    metal: Array


def changed_shape(hip: Hip, findings: frozenset[str]) -> Hip:
    """Joint space lost in osteoarthritis, a steep short roof in dysplasia."""
    if "osteoarthritis" in findings:
        hip = replace(hip, joint_space=0.3 * hip.joint_space)
    if "dysplasia" in findings:
        hip = replace(hip, cover=0.72 * hip.cover)
    return hip


def draw_findings(
    findings: frozenset[str], hip: Hip, overlay: Overlay, rng: np.random.Generator
) -> None:
    """Draw the findings of one hip onto its film, in place.

    Parameters
    ----------
    findings : names as in `findings.csv`; what a film does not show is left out
    hip : shape of that hip
    overlay : film to draw on
    rng : source of place and size
    """
    for name in sorted(findings & set(DRAWINGS)):
        DRAWINGS[name](hip, overlay, rng)


def _radius(overlay: Overlay, centre: tuple[float, float]) -> NDArray[np.float32]:
    x, y = overlay.grid.x[None, :], overlay.grid.y[:, None]
    return np.asarray(np.hypot(x - centre[0], y - centre[1]), np.float32)


def _soft(depth: Array, edge: float = 0.5) -> Array:
    """1 inside, 0 outside, over about `edge` mm."""
    return np.asarray(np.clip(depth / edge + 0.5, 0, 1), np.float32)


def _tube(
    overlay: Overlay, points: Path, radius: float, *, wall: float | None = None
) -> tuple[tuple[slice, slice], Array, Array]:
    """Window, path length through a round rod or tube (mm), and position along it (mm)."""
    line = anatomy.smooth(np.array(points, dtype=float), closed=False)
    low, high = line.min(0) - radius - 2, line.max(0) + radius + 2
    window = overlay.grid.window(low[0], low[1], high[0], high[1])
    across, along = beside_line(line, overlay.grid.part(*window))
    path = 2 * np.sqrt(np.maximum(radius**2 - across**2, 0))
    if wall is not None:
        path = path - 2 * np.sqrt(np.maximum((radius - wall) ** 2 - across**2, 0))
    return window, np.asarray(path, np.float32), along


def _osteoarthritis(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Sclerosis on both sides of the narrow joint, cysts, osteophytes at the rims."""
    x, y = overlay.grid.x[None, :], overlay.grid.y[:, None]
    from_joint = np.hypot(x, y) - hip.head_radius - 1
    above = np.exp(-(((np.arctan2(x, -y) - 0.35) / 0.55) ** 2))
    overlay.areal += (1.3 * np.exp(-((from_joint / 5) ** 2)) * above).astype(np.float32)
    for angle in (0.2, 0.6):
        reach = hip.head_radius + rng.uniform(4, 7)
        cyst = _radius(overlay, (reach * np.sin(angle), -reach * np.cos(angle)))
        overlay.areal *= 1 - 0.5 * _soft(rng.uniform(2, 3.5) - cyst, 1.5)
    for angle in (1.1, 2.0, -2.2):
        reach = hip.head_radius + 2
        spur = _radius(overlay, (reach * np.sin(angle), -reach * np.cos(angle)))
        overlay.areal += 0.8 * _soft(rng.uniform(4, 6) - spur, 3)


def _osteonecrosis(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Pale segment of the head below its dome, with a dense border."""
    place = (rng.uniform(-3, 5), -0.55 * hip.head_radius)
    x, y = overlay.grid.x[None, :], overlay.grid.y[:, None]
    reach = np.hypot((x - place[0]) / 15, (y - place[1]) / 9)
    head = _soft(hip.head_radius - _radius(overlay, (0, 0)), 1)
    overlay.areal *= 1 - (0.45 * head * expit((1 - reach) * 10)).astype(np.float32)
    overlay.areal += (1.1 * head * np.exp(-(((reach - 1.1) / 0.14) ** 2))).astype(np.float32)


def _tumour(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Holes eaten into neck and trochanters."""
    for _ in range(rng.integers(3, 6)):
        place = anatomy.femur_place(hip, np.array([[rng.uniform(25, 52), rng.uniform(20, 62)]]))
        hole = _radius(overlay, (float(place[0, 0]), float(place[0, 1])))
        overlay.areal *= 1 - rng.uniform(0.45, 0.75) * _soft(rng.uniform(4, 8) - hole, 2.5)


def _calcific_tendinitis(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Cloud of calcium above and lateral of the greater trochanter."""
    tip = anatomy.femur_place(hip, np.array([[66.0, -2.0]]))[0]
    for _ in range(4):
        spot = _radius(overlay, (tip[0] + rng.normal() * 3, tip[1] + rng.normal() * 4))
        overlay.areal += rng.uniform(0.5, 0.9) * _soft(rng.uniform(2, 4) - spot, 1.5)


def _operated_hip(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Three screws across the neck, or a prosthesis of head, neck and stem."""
    if rng.random() < 0.5:
        for shift in (-7.0, 0.0, 7.0):
            ends = anatomy.femur_place(
                hip, np.array([[-9 + shift * 0.4, -9 - shift], [63.0, 47 - shift * 1.2]])
            )
            window, path, _ = _tube(overlay, [tuple(p) for p in ends], 3.2)
            overlay.metal[window] += 0.45 * path
        return
    ball = np.maximum(15.0 - _radius(overlay, (0, 0)), 0)
    overlay.areal *= 1 - 0.8 * _soft(hip.head_radius + 1 - _radius(overlay, (0, 0)), 1)
    overlay.metal += 0.9 * np.sqrt(ball * (30 - ball))
    line: Path = [(44, 42), (46, 70), (46, 110), (46, 150)]
    stem = [tuple(p) for p in anatomy.femur_place(hip, np.array([(0, 0), (22, 17), *line]))]
    window, path, _ = _tube(overlay, stem, 7.5)
    overlay.metal[window] += 0.35 * path
    cup = np.abs(_radius(overlay, (0, 0)) - hip.socket_radius) - 2.5
    y = overlay.grid.y[:, None] - 0.7 * overlay.grid.x[None, :]
    overlay.metal += 3.0 * _soft(-cup, 1) * _soft(-y.astype(np.float32), 1)


def _foreign_body(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Needle or wire in the soft tissue beside the femur."""
    x, y = rng.uniform(20, 60), rng.uniform(-10, 90)
    slope = rng.uniform(-18, 18)
    window, path, _ = _tube(overlay, [(x, y), (x + slope / 2, y + 14), (x + slope, y + 28)], 1.2)
    overlay.metal[window] += 1.5 * path


def _vascular_calcification(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Broken parallel lines along the femoral artery."""
    x = rng.uniform(-22, -8)
    course: Path = [(x - 8, -40), (x, 0), (x + 6, 50), (x + 8, 100), (x + 7, 160)]
    window, path, along = _tube(overlay, course, 4.0, wall=0.7)
    start = rng.uniform(0, 6)
    broken = np.clip(np.sin(along / 3.1 + start) + 0.8 * np.sin(along / 1.3), 0, 1)
    overlay.areal[window] += (0.16 * path * broken).astype(np.float32)


def _foley_catheter(hip: Hip, overlay: Overlay, rng: np.random.Generator) -> None:
    """Tube from the perineum to the bladder, with its balloon."""
    x = -hip.midline + rng.uniform(4, 9)
    window, path, _ = _tube(
        overlay, [(x + 4, 175), (x - 3, 120), (x, 70), (x - 2, 30), (x + 2, -5)], 3.2, wall=1.0
    )
    overlay.areal[window] += 0.09 * path
    ring = np.abs(_radius(overlay, (x + 1, -2)) - np.float32(11)) - np.float32(0.6)
    overlay.areal += 0.3 * _soft(-ring, 1)


DRAWINGS: dict[str, Callable[[Hip, Overlay, np.random.Generator], None]] = {
    "osteoarthritis": _osteoarthritis,
    "osteonecrosis": _osteonecrosis,
    "tumour": _tumour,
    "calcific_tendinitis": _calcific_tendinitis,
    "operated_hip": _operated_hip,
    "foreign_body": _foreign_body,
    "vascular_calcification": _vascular_calcification,
    "foley_catheter": _foley_catheter,
}
