"""Films of the synthetic sites: one patient, one exposure, one plain radiograph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Side = Literal["R", "L"]
View = Literal["hip", "pelvis"]


@dataclass(frozen=True)
class Exposure:
    """How a film was taken and processed.

    Attributes
    ----------
    pixel_spacing_mm : detector pixel, 0.25 to 0.32 mm; hip films are about 235 mm x 265 mm,
        pelvis films about 370 mm x 290 mm
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


@dataclass(frozen=True)
class Patient:
    """What the film shows.

    Attributes
    ----------
    bone_state : bone density as rendered, in T-score units, about -6.5 to 3
    age_years : age on the day of the film
    soft_tissue_cm : thickness of the soft tissue in the beam, about 14 to 28 cm
    size : skeletal scale, about 0.9 to 1.1
    findings : findings of the side shown, by the names of `findings.csv`
    """

    bone_state: float
    age_years: float
    soft_tissue_cm: float
    size: float
    findings: frozenset[str]


@dataclass(frozen=True)
class Rendering:
    """A film and what is known of it.

    Attributes
    ----------
    stored : (rows, columns) uint16, bone bright, 0 to 2**bits - 1
    boxes : side -> (x0, y0, x1, y1), half-open pixels of the crop around that hip; at least
        300 pixels a side; one side in a hip view, both in a pelvis view
    bone : (rows, columns), where bone lies in the beam
    cortex : (rows, columns), where the cortex of a femur lies in the beam
    """

    stored: NDArray[np.uint16]
    boxes: Mapping[Side, tuple[int, int, int, int]]
    bone: NDArray[np.bool_]
    cortex: NDArray[np.bool_]


def render(
    patient: Patient,
    exposure: Exposure,
    *,
    view: View,
    side: Side,
    poor_quality: bool,
    rng: np.random.Generator,
) -> Rendering:
    """Crude stand-in with the final interface."""
    field = (265.0, 235.0) if view == "hip" else (290.0, 370.0)
    rows, columns = (int(round(f / exposure.pixel_spacing_mm / 8)) * 8 for f in field)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) * np.float32(exposure.pixel_spacing_mm)
    centre = (150.0, 110.0 if view == "hip" else 285.0)
    radius = np.hypot(y - centre[0], x - centre[1])
    bone = radius < 25.0 * patient.size
    cortex = bone & (radius > 20.0 * patient.size)
    level = 0.4 + 0.2 * bone + 0.2 * cortex + 0.03 * rng.standard_normal((rows, columns))
    top = 2**exposure.bits - 1
    stored = np.clip(np.rint(level * top), 0, top).astype(np.uint16)
    y0, x0 = (int((c - o) / exposure.pixel_spacing_mm) for c, o in zip(centre, (30, 36)))
    wide, high = (max(300, int(s / exposure.pixel_spacing_mm)) for s in (104, 114))
    box = (x0, y0, min(columns, x0 + wide), min(rows, y0 + high))
    mirrored = (columns - box[2], box[1], columns - box[0], box[3])
    other: Side = "L" if side == "R" else "R"
    if side == "R":
        stored, bone, cortex, box, mirrored = (
            stored[:, ::-1], bone[:, ::-1], cortex[:, ::-1], mirrored, box
        )
    boxes: dict[Side, tuple[int, int, int, int]] = {side: box}
    if view == "pelvis":
        boxes[other] = mirrored
    return Rendering(np.ascontiguousarray(stored), boxes, bone, cortex)
