"""Shape of a hip in a plain film: outlines, lines and landmarks, and how they vary.

All lengths are millimetres on the detector, that is, magnified about 1.13 times. The frame of
a hip has its origin in the centre of the femoral head, x to lateral and y to caudal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

JOINT_SPACE = 4.2
MIDLINE = 97.0


@dataclass(frozen=True)
class Hip:
    """One hip's shape and position, in detector millimetres and degrees.

    Attributes
    ----------
    scale : skeletal scale of everything
    head_radius : of the femoral head
    head_shape : its width relative to a sphere's
    neck_shaft_angle : in the plane of the film
    neck_length : head centre to shaft axis, relative; femoral version shortens it
    neck_width : relative
    abduction : of the femur; positive turns the shaft to lateral
    shaft_radius : outer radius below the lesser trochanter
    greater : prominence of the greater trochanter, relative
    lesser : prominence of the lesser trochanter, relative; inward rotation hides it
    pelvis_width, pelvis_height : of the pelvis, relative; tilt changes the height
    cover : lateral reach of the acetabular roof, relative; low in dysplasia
    joint_space : between head and roof
    """

    scale: float
    head_radius: float
    head_shape: float
    neck_shaft_angle: float
    neck_length: float
    neck_width: float
    abduction: float
    shaft_radius: float
    greater: float
    lesser: float
    pelvis_width: float
    pelvis_height: float
    cover: float
    joint_space: float

    @property
    def midline(self) -> float:
        """Distance from the head's centre to the body's midline."""
        return MIDLINE * self.scale * self.pelvis_width

    @property
    def socket_radius(self) -> float:
        """Radius of the acetabular roof about the head's centre."""
        return self.head_radius + self.joint_space


def draw_hip(size: float, rng: np.random.Generator) -> Hip:
    """Draw an adult woman's hip.

    Parameters
    ----------
    size : skeletal scale, about 0.9 to 1.1
    rng : source of the variation
    """
    z = rng.standard_normal(13)
    return Hip(
        scale=size,
        head_radius=size * (24.4 + 0.9 * z[0]),
        head_shape=float(np.clip(1 + 0.012 * z[12], 0.97, 1.03)),
        neck_shaft_angle=float(np.clip(128 + 4.5 * z[1], 117, 140)),
        neck_length=float(np.clip(1 + 0.055 * z[2], 0.88, 1.12)),
        neck_width=1 + 0.05 * z[3],
        abduction=float(np.clip(-3 + 4 * z[4], -12, 7)),
        shaft_radius=size * float(np.clip(15.8 + 1.0 * z[5], 13.5, 18.2)),
        greater=1 + 0.09 * z[6],
        lesser=float(np.clip(0.9 + 0.3 * z[7], 0.2, 1.5)),
        pelvis_width=float(np.clip(1 + 0.035 * z[8], 0.92, 1.08)),
        pelvis_height=float(np.clip(1 + 0.06 * z[9], 0.88, 1.14)),
        cover=float(np.clip(1 + 0.07 * z[10], 0.85, 1.15)),
        joint_space=size * float(np.clip(JOINT_SPACE + 0.5 * z[11], 3.2, 5.4)),
    )


def other_side(hip: Hip, rng: np.random.Generator) -> Hip:
    """Draw the other hip of the same patient: nearly the mirror image."""
    z = rng.standard_normal(5)
    return replace(
        hip,
        neck_shaft_angle=hip.neck_shaft_angle + 1.2 * z[0],
        neck_length=hip.neck_length * (1 + 0.03 * z[1]),
        abduction=hip.abduction + 3.0 * z[2],
        lesser=float(np.clip(hip.lesser + 0.15 * z[3], 0.2, 1.5)),
        cover=hip.cover * (1 + 0.02 * z[4]),
    )


def smooth(points: Points, *, closed: bool, steps: int = 3) -> Points:
    """Catmull-Rom curve through points.

    Parameters
    ----------
    points : (n, 2) control points
    closed : whether the last point joins the first
    steps : pieces per pair of control points

    Returns
    -------
    (m, 2) vertices; a closed curve does not repeat the first
    """
    if closed:
        before, after, last = np.roll(points, 1, 0), np.roll(points, -1, 0), np.roll(points, -2, 0)
    else:
        before = np.vstack([2 * points[0] - points[1], points[:-2]])
        after = points[1:]
        last = np.vstack([points[2:], 2 * points[-1] - points[-2]])
        points, end = points[:-1], points[-1:]
    t = (np.arange(steps) / steps)[None, :, None]
    p0, p1, p2, p3 = (p[:, None, :] for p in (before, points, after, last))
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    flat = curve.reshape(-1, 2)
    return flat if closed else np.vstack([flat, end])


def femur_place(hip: Hip, points: Points) -> Points:
    """Put points of the standard femur (128 degrees, upright, head radius 24.4) on this femur.

    The neck's part turns with the neck-shaft angle and stretches along the neck, the shaft's part
    keeps its direction; between them the two mix smoothly. Last, the whole femur turns about the
    head by the abduction.
    """
    angle = np.radians(128 - 90)
    axis = np.array([np.cos(angle), np.sin(angle)])
    normal = np.array([axis[1], -axis[0]])
    turned = np.radians(hip.neck_shaft_angle - 90)
    new_axis = np.array([np.cos(turned), np.sin(turned)])
    new_normal = np.array([new_axis[1], -new_axis[0]])
    along, across = points @ axis, points @ normal
    width = across * (1 + (hip.neck_width - 1) * np.exp(-(((along - 32) / 20) ** 2)))
    neck = np.outer(along * hip.neck_length, new_axis) + np.outer(width, new_normal)
    shift = 58.0 * (hip.neck_length * new_axis - axis)
    lateral = (points[:, :1] - 46.0) * hip.shaft_radius / (15.8 * hip.scale) + 46.0
    shaft = np.hstack([lateral, points[:, 1:]]) + shift
    share = np.clip((along - 26) / 30, 0, 1)
    share = (share * share * (3 - 2 * share))[:, None]
    placed = (1 - share) * neck + share * shaft
    turn = -np.radians(hip.abduction)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(hip.scale * placed @ rotation)


def femur_outline(hip: Hip) -> Points:
    """Return the closed outline of neck, trochanters and shaft; the head is a sphere of its own."""
    g, m = hip.greater, hip.lesser
    points = np.array(
        [
            (3, -14), (14, -11), (26.5, -2.5), (35, 5), (41, 9.5), (44.5, 6), (47, -1 * g),
            (50.5, -5.5 * g), (55.5, -4.5 * g), (46 + 14.5 * g, 4), (46 + 19 * g, 15),
            (46 + 20.5 * g, 27), (46 + 19.5 * g, 37), (46 + 18 * g, 44), (62.5, 51), (61.8, 62),
            (61.8, 80), (61.8, 110), (61.8, 150), (61.5, 200), (61.5, 260), (30.5, 260),
            (30.2, 200), (30, 150), (29.8, 110), (29.2, 94), (27.5, 86), (26 - 4 * m, 79),
            (25.5 - 6 * m, 72), (25.5 - 5.5 * m, 66), (25.5 - 2.5 * m, 59), (24.5, 51), (20.5, 41),
            (13, 30), (4, 21), (-4, 12), (-4, -4),
        ]
    )  # fmt: skip
    return smooth(femur_place(hip, points), closed=True)


def _line(hip: Hip, points: Sequence[tuple[float, float]]) -> Points:
    return smooth(femur_place(hip, np.array(points, dtype=float)), closed=False, steps=2)


def trabecular_groups(hip: Hip) -> dict[str, tuple[Points, float, float]]:
    """Return the groups' middle lines with their half widths at both ends, in millimetres."""
    lines = {
        "principal_compressive": ([(25, 56), (20, 42), (11, 22), (2, 2), (-4, -29)], 4.5, 13.0),
        "principal_tensile": ([(63, 58), (60, 36), (49, 18), (30, 3), (8, 0), (-16, 10)], 5, 8.0),
        "secondary_compressive": ([(27, 74), (35, 57), (47, 36), (57, 12)], 5.0, 10.0),
        "secondary_tensile": ([(61, 80), (56, 64), (44, 49), (29, 40)], 4.0, 8.0),
        "greater_trochanter": ([(64, 46), (64, 28), (59, 10), (53, -4)], 5.0, 7.0),
    }
    return {name: (_line(hip, line), first, last) for name, (line, first, last) in lines.items()}


def intertrochanteric_crest(hip: Hip) -> Points:
    """Return the line of the crest from the greater to the lesser trochanter."""
    line = [(52, -2), (50, 12), (46, 28), (38, 48), (28, 66), (25 - 4 * hip.lesser, 73)]
    return _line(hip, line)


def _pelvis_place(hip: Hip, points: list[tuple[float, float]]) -> Points:
    """Scale the standard pelvis about the head; the roof follows the socket."""
    placed = np.array(points, dtype=float)
    reach = np.hypot(placed[:, 0], placed[:, 1])
    lateral = placed[:, 0] > 0
    near = np.exp(-(((reach - 38) / 16) ** 2)) * lateral * (placed[:, 1] < 0)
    placed[:, 0] *= 1 + (hip.cover - 1) * near
    far = np.clip((reach - 30) / 40, 0, 1)
    grown = hip.socket_radius / (24.4 + JOINT_SPACE)
    width = grown * (1 - far) + hip.scale * hip.pelvis_width * far
    height = grown * (1 - far) + hip.scale * hip.pelvis_height * far
    return np.stack([placed[:, 0] * width, placed[:, 1] * height], axis=1)


def posterior_column(hip: Hip) -> Points:
    """Return the closed outline of ilium, posterior wall, ischium and inferior ramus."""
    points: list[tuple[float, float]] = [
        (-10, -162), (20, -152), (42, -127), (50, -103), (45, -89), (36.5, -76), (32, -62),
        (31.5, -51), (28.5, -42), (27, -33), (26, -25), (20, -9), (12, 5), (3, 16), (-6, 24),
        (-11, 31), (-9.5, 42), (-11, 54), (-19, 66), (-31, 74), (-43, 73), (-56, 68), (-70, 63),
        (-83, 58), (-85, 48), (-72, 50), (-60, 56), (-49, 59), (-40, 56), (-34.5, 47), (-32.5, 36),
        (-34, 26), (-37, 14), (-39, 2), (-40, -12), (-38, -28), (-36.5, -42), (-41, -53),
        (-52, -60), (-63, -66), (-70, -82), (-67, -105), (-59, -130), (-40, -153),
    ]  # fmt: skip
    return smooth(_pelvis_place(hip, points), closed=True, steps=2)


def anterior_column(hip: Hip) -> Points:
    """Return the closed outline of the lower ilium, anterior wall, superior ramus and pubis."""
    edge = -(MIDLINE - 2.6)
    points: list[tuple[float, float]] = [
        (12, -86), (27, -70), (31, -56), (29, -44), (26.5, -34), (22, -26), (13, -17), (2, -6),
        (-9, 5), (-18, 14), (-27, 22), (-36, 23), (-46, 25), (-57, 31), (-66, 40), (-72, 49),
        (-78, 60), (-87, 67), (edge + 1, 63), (edge, 53), (edge, 40), (edge + 1, 29), (-87, 22),
        (-75, 17), (-62, 9), (-52, 0), (-46, -12), (-44, -28), (-47, -44), (-54, -58), (-48, -76),
        (-20, -92),
    ]  # fmt: skip
    return smooth(_pelvis_place(hip, points), closed=True, steps=2)


def roof(hip: Hip) -> Points:
    """Return the arc of the socket's roof from medial to lateral."""
    angles = np.radians(np.linspace(-58, 56 * hip.cover, 14))
    return hip.socket_radius * np.stack([np.sin(angles), -np.cos(angles)], axis=1)


def teardrop(hip: Hip) -> Points:
    """Return the teardrop: acetabular fossa, its bottom, quadrilateral surface."""
    points: list[tuple[float, float]] = [
        (-24, -19), (-29.5, -9), (-32, 2), (-32, 12), (-34, 20), (-37.5, 22), (-40, 16),
        (-40, 2), (-40.5, -14), (-42, -30), (-46, -46),
    ]  # fmt: skip
    return smooth(_pelvis_place(hip, points), closed=False)


def sacrum(hip: Hip) -> Points:
    """Return the outline of sacrum and coccyx; x from the midline, y from the heads."""
    half = np.array(
        [
            (4, -128), (22, -126), (42, -122), (56, -116), (60, -106), (56, -92), (47, -78),
            (38, -66), (30, -50), (21, -38), (11, -31), (7.5, -24), (5.5, -12), (2.5, -1),
        ],
        dtype=float,
    )  # fmt: skip
    outline = np.vstack([half, half[::-1] * [-1, 1]])
    stretch = hip.scale * np.array([hip.pelvis_width, hip.pelvis_height])
    return smooth(outline * stretch, closed=True, steps=2)


def sacral_foramina(hip: Hip) -> Points:
    """Middles of the foramina on the positive side, (3, 2), in the frame of `sacrum`."""
    stretch = hip.scale * np.array([hip.pelvis_width, hip.pelvis_height])
    return np.array([(25.0, -100.0), (21.0, -80.0), (17.0, -62.0)]) * stretch


def crop_edges(hip: Hip) -> tuple[float, float, float, float]:
    """Landmarks of the paper's crop in the hip's frame.

    Returns
    -------
    Lateral margin of the teardrop (x0), acetabular roof (y0), lateral of the vastus ridge (x1),
    lower margin of the lesser trochanter (y1).
    """
    outline = femur_outline(hip)
    proximal = outline[:, 1] < 60 * hip.scale
    lesser = femur_place(hip, np.array([(27.0, 86.0)]))[0]
    medial = float(teardrop(hip)[6:12, 0].max())
    return (
        medial,
        -hip.socket_radius - 3.0 * hip.scale,
        float(outline[proximal, 0].max()),
        float(lesser[1]),
    )
