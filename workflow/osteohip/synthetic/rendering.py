"""Films of the synthetic sites: one patient, one exposure, one plain radiograph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from osteohip.synthetic import anatomy, density, findings, radiography
from osteohip.synthetic.density import Grid
from osteohip.synthetic.radiography import Exposure

Side = Literal["R", "L"]
View = Literal["hip", "pelvis"]

Box = tuple[int, int, int, int]

HIP_MATRIX = (960, 832)
PELVIS_FIELD_MM = (262.0, 372.0)
MARGIN_MM = 8.0
LEAST_CROP = 300
MOTION_MM = 3.0


@dataclass(frozen=True)
class Patient:
    """What the film shows.

    Attributes
    ----------
    bone_state : bone density as rendered, in T-score units, about -6.5 to 3
    soft_tissue_cm : thickness of the soft tissue in the beam, about 14 to 28 cm
    size : skeletal scale, about 0.9 to 1.1
    findings : findings of the side shown, by the names of `findings.csv`
    """

    bone_state: float
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
    boxes: Mapping[Side, Box]
    bone: NDArray[np.bool_]
    cortex: NDArray[np.bool_]


@dataclass(frozen=True)
class Layout:
    """Where the hips lie on a film; millimetres from the film's upper left corner.

    Attributes
    ----------
    rows, columns : matrix of the film, multiples of 16
    head : centre of the femoral head of the hip that the film is about, on the right half
    split : columns of the coarse grid left of the body's midline
    """

    rows: int
    columns: int
    head: tuple[float, float]
    split: int


def _layout(hip: anatomy.Hip, pixel: float, view: View, rng: np.random.Generator) -> Layout:
    """Centre the film as a technologist does, more or less; the crop stays inside."""
    shift_x, shift_y = rng.standard_normal(2)
    if view == "hip":
        rows, columns = HIP_MATRIX
        x = columns * pixel * 0.49 + 5.0 * shift_x
        y = rows * pixel * 0.43 + 7.0 * shift_y
    else:
        rows, columns = (16 * math.ceil(size / pixel / 16) for size in PELVIS_FIELD_MM)
        x = columns * pixel / 2 + hip.midline + 5.0 * shift_x
        y = rows * pixel * 0.55 + 8.0 * shift_y
    left, top, right, bottom = anatomy.crop_edges(hip)
    x = float(np.clip(x, MARGIN_MM - left, columns * pixel - MARGIN_MM - right))
    y = float(np.clip(y, MARGIN_MM - top, rows * pixel - MARGIN_MM - bottom))
    # The midline falls between two columns of the coarse grid, where the halves meet.
    split = max(round((x - hip.midline) / (4 * pixel)), 0)
    if split > 0:
        x = split * 4 * pixel + hip.midline
    return Layout(rows, columns, (x, y), split)


def _bone(
    hips: tuple[anatomy.Hip, anatomy.Hip],
    quality: density.BoneQuality,
    grid: Grid,
    split: int,
    rng: np.random.Generator,
) -> density.BoneMap:
    """Bone of both halves of the pelvis and of the sacrum, in the frame of the first hip."""
    own, other = hips
    right = grid.part(slice(0, grid.rows), slice(split, grid.columns))
    bones = density.hip_bone(own, quality, right, rng)
    if split == 0:
        return bones
    left = Grid(grid.step / 2 - own.midline, grid.y0, grid.step, split, grid.rows)
    mirrored = density.hip_bone(other, quality, left, rng)
    areal = np.hstack([mirrored.areal[:, ::-1], bones.areal])
    reach = 64 * own.scale
    rows, columns = grid.window(-own.midline - reach, -150, -own.midline + reach, 4)
    if rows.stop - rows.start > 1:
        part = grid.part(rows, columns)
        part = replace(part, x0=part.x0 + own.midline)
        rows = slice(2 * rows.start, 2 * rows.stop)
        columns = slice(2 * columns.start, 2 * columns.stop)
        areal[rows, columns] += density.sacrum_bone(own, quality, part, rng)
    return density.BoneMap(
        areal,
        np.hstack([mirrored.bone[:, ::-1], bones.bone]),
        np.hstack([mirrored.cortex[:, ::-1], bones.cortex]),
    )


def _crop_box(hip: anatomy.Hip, layout: Layout, pixel: float) -> Box:
    """Pixels of the paper's crop around a hip on the right half, at least `LEAST_CROP` a side."""
    edges = np.array(anatomy.crop_edges(hip)).reshape(2, 2) + layout.head
    low, high = np.rint(edges / pixel).astype(int)
    lack = np.maximum(LEAST_CROP - (high - low), 0)
    low = np.clip(low - lack // 2, 0, None)
    high = np.clip(np.maximum(high, low + LEAST_CROP), None, (layout.columns, layout.rows))
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _mirrored(box: Box, columns: int) -> Box:
    return columns - box[2], box[1], columns - box[0], box[3]


def render(
    patient: Patient,
    exposure: Exposure,
    *,
    view: View,
    side: Side,
    poor_quality: bool,
    rng: np.random.Generator,
) -> Rendering:
    """Take one film of a patient.

    The film is drawn as of a left hip and mirrored for a right one, so the two sides differ in
    nothing else.

    Parameters
    ----------
    patient : what there is to see
    exposure : how it is seen
    view : one hip, or the pelvis with both
    side : the hip that the film is about; `findings` are on this side
    poor_quality : whether the patient moved during a failed exposure
    rng : source of anatomy, position and noise

    Returns
    -------
    The film, its crop boxes and masks. Equal arguments and generator states give equal films.
    """
    pixel = exposure.pixel_spacing_mm
    hip = findings.changed_shape(anatomy.draw_hip(patient.size, rng), patient.findings)
    other_hip = anatomy.other_side(hip, rng)
    quality = density.draw_quality(patient.bone_state, rng)
    layout = _layout(hip, pixel, view, rng)
    step = 4 * pixel
    grid = Grid(
        step / 2 - layout.head[0],
        step / 2 - layout.head[1],
        step,
        layout.columns // 4,
        layout.rows // 4,
    )
    bones = _bone((hip, other_hip), quality, grid, layout.split, rng)
    metal: density.Array | None = None
    if patient.findings:
        metal = np.zeros_like(bones.areal)
        overlay = findings.Overlay(grid.finer(), bones.areal, metal)
        findings.draw_findings(patient.findings, hip, overlay, rng)
    muscle, fat = radiography.soft_tissue(
        grid.coarser(),
        midline=-hip.midline,
        hips=(0.0,) if view == "hip" else (0.0, -2 * hip.midline),
        thickness_cm=patient.soft_tissue_cm,
        rng=rng,
    )
    blur = exposure.blur_mm + (MOTION_MM if poor_quality else 0.0)
    signal, noise = radiography.expose(
        bones.areal, metal, muscle, fat, exposure, blur_px=blur / (2 * pixel)
    )
    if poor_quality:
        noise *= 5
    stored = radiography.process(signal, noise, exposure, rng)

    own_box = _crop_box(hip, layout, pixel)
    boxes: dict[Side, Box] = {side: own_box}
    if view == "pelvis":
        mirror = layout.columns * pixel - (layout.head[0] - 2 * hip.midline)
        there = replace(layout, head=(mirror, layout.head[1]))
        opposite: Side = "L" if side == "R" else "R"
        boxes[opposite] = _mirrored(_crop_box(other_hip, there, pixel), layout.columns)
    bone, cortex = (m.repeat(2, axis=0).repeat(2, axis=1) for m in (bones.bone, bones.cortex))
    if side == "R":
        stored = np.ascontiguousarray(stored[:, ::-1])
        bone, cortex = np.ascontiguousarray(bone[:, ::-1]), np.ascontiguousarray(cortex[:, ::-1])
        boxes = {name: _mirrored(box, layout.columns) for name, box in boxes.items()}
    return Rendering(stored, boxes, bone, cortex)
