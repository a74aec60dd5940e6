"""Areal bone density of a hip: shells of cortex around trabecular bone, seen from the front.

Each bone is a solid with an outline and a depth. A ray crosses cortex in front and behind and
trabecular bone between; the difference of two solids, the second one cortex smaller all round,
gives both paths, and with them the bright margins of a tubular bone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit

from osteohip.synthetic import anatomy
from osteohip.synthetic.anatomy import Hip, Points

Array = NDArray[np.float32]

CORTICAL_DENSITY = 1.15
REACH = 17.0


@dataclass(frozen=True)
class Grid:
    """Equidistant sample points.

    Attributes
    ----------
    x0, y0 : first point, mm
    step : distance of neighbours, mm
    columns, rows : number of points
    """

    x0: float
    y0: float
    step: float
    columns: int
    rows: int

    @property
    def x(self) -> Array:
        """Abscissae, (columns,) float32."""
        return (self.x0 + self.step * np.arange(self.columns)).astype(np.float32)

    @property
    def y(self) -> Array:
        """Ordinates, (rows,) float32."""
        return (self.y0 + self.step * np.arange(self.rows)).astype(np.float32)

    def window(self, x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
        """Rows and columns of the points within a box in mm."""
        left = min(max(math.ceil((x0 - self.x0) / self.step), 0), self.columns)
        right = min(max(math.floor((x1 - self.x0) / self.step) + 1, left), self.columns)
        top = min(max(math.ceil((y0 - self.y0) / self.step), 0), self.rows)
        bottom = min(max(math.floor((y1 - self.y0) / self.step) + 1, top), self.rows)
        return slice(top, bottom), slice(left, right)

    def part(self, rows: slice, columns: slice) -> Grid:
        """Grid of a window."""
        return Grid(
            self.x0 + columns.start * self.step,
            self.y0 + rows.start * self.step,
            self.step,
            columns.stop - columns.start,
            rows.stop - rows.start,
        )

    def finer(self) -> Grid:
        """Grid with two points for each, in the same area, as `double` fills it."""
        return Grid(
            self.x0 - self.step / 4,
            self.y0 - self.step / 4,
            self.step / 2,
            self.columns * 2,
            self.rows * 2,
        )

    def coarser(self) -> Grid:
        """Grid with one point for two by two."""
        return Grid(
            self.x0 + self.step / 2,
            self.y0 + self.step / 2,
            self.step * 2,
            self.columns // 2,
            self.rows // 2,
        )


def double(values: Array) -> Array:
    """Interpolate linearly to twice the rows and columns; pixel areas stay aligned."""
    rows, columns = values.shape
    tall = np.empty((2 * rows, columns), np.float32)
    quarter = np.float32(0.25) * values
    rest = values - quarter
    np.add(rest[1:], quarter[:-1], out=tall[2::2])
    np.add(rest[:-1], quarter[1:], out=tall[1:-1:2])
    tall[0], tall[-1] = values[0], values[-1]
    wide = np.empty((2 * rows, 2 * columns), np.float32)
    quarter = np.float32(0.25) * tall
    rest = tall - quarter
    np.add(rest[:, 1:], quarter[:, :-1], out=wide[:, 2::2])
    np.add(rest[:, :-1], quarter[:, 1:], out=wide[:, 1:-1:2])
    wide[:, 0], wide[:, -1] = tall[:, 0], tall[:, -1]
    return wide


def inside(outline: Points, grid: Grid) -> NDArray[np.bool_]:
    """Points within a closed outline, by the even-odd rule along each row."""
    start, end = outline, np.roll(outline, -1, 0)
    y = grid.y[:, None]
    crosses = (start[:, 1] <= y) != (end[:, 1] <= y)
    row, piece = np.nonzero(crosses)
    share = (y[row, 0] - start[piece, 1]) / (end[piece, 1] - start[piece, 1])
    x = start[piece, 0] + share * (end[piece, 0] - start[piece, 0])
    column = np.clip(np.ceil((x - grid.x0) / grid.step), 0, grid.columns).astype(int)
    counts = np.zeros((grid.rows, grid.columns + 1), np.int32)
    np.add.at(counts, (row, column), 1)
    return np.asarray(np.cumsum(counts[:, :-1], axis=1) % 2 == 1)


def depth_inside(outline: Points, grid: Grid, *, reach: float = REACH) -> Array:
    """Signed distance to a closed outline, positive inside, cut off at +-reach mm.

    Parameters
    ----------
    outline : (n, 2) vertices, mm
    grid : where
    reach : largest distance of interest, mm

    Returns
    -------
    (rows, columns) float32
    """
    squared = np.full((grid.rows, grid.columns), reach * reach, np.float32)
    x, y = grid.x, grid.y
    following = np.roll(outline, -1, 0)
    lows = (np.minimum(outline, following) - reach).tolist()
    highs = (np.maximum(outline, following) + reach).tolist()
    edges = (following - outline).astype(np.float32)
    units = edges / np.maximum((edges**2).sum(axis=1, keepdims=True), np.float32(1e-12))
    starts = outline.astype(np.float32)
    for (ax, ay), (ex, ey), (ux, uy), low, high in zip(
        starts, edges, units, lows, highs, strict=True
    ):
        rows, columns = grid.window(*low, *high)
        if rows.start == rows.stop or columns.start == columns.stop:
            continue
        px, py = x[columns] - ax, (y[rows] - ay)[:, None]
        t = px * ux + py * uy
        np.maximum(t, 0, out=t)
        np.minimum(t, 1, out=t)
        dx = px - t * ex
        t *= ey
        dy = py - t
        dx *= dx
        dy *= dy
        dx += dy
        here = squared[rows, columns]
        np.minimum(here, dx, out=here)
    distance = np.sqrt(squared)
    return np.where(inside(outline, grid), distance, -distance)


def beside_line(line: Points, grid: Grid) -> tuple[Array, Array]:
    """Signed distance to an open line and the position along it.

    Returns
    -------
    across : (rows, columns) float32, mm, positive to the left of the line's direction on a film
    along : (rows, columns) float32, mm from the line's start
    """
    x, y = grid.x[None, :], grid.y[:, None]
    best = np.full((grid.rows, grid.columns), np.inf, np.float32)
    across, along = np.zeros_like(best), np.zeros_like(best)
    walked = 0.0
    for a, b in pairwise(line):
        edge = b - a
        length = float(np.hypot(edge[0], edge[1]))
        ux, uy = np.float32(edge[0] / length), np.float32(edge[1] / length)
        px, py = x - np.float32(a[0]), y - np.float32(a[1])
        t = px * ux + py * uy
        n = px * uy - py * ux
        over = t - np.clip(t, 0, np.float32(length))
        squared = n * n + over * over
        closer = squared < best
        np.copyto(best, squared, where=closer)
        np.copyto(across, np.sign(n) * np.sqrt(squared), where=closer)
        np.copyto(along, t - over + np.float32(walked), where=closer)
        walked += length
    return across, along


def profile(depth: Array, radius: Array | float) -> Array:
    """Half depth of a rounded solid relative to its largest: 0 at the edge, 1 from `radius` on."""
    u = np.clip(depth / radius, 0, 1)
    return np.asarray(np.sqrt(u * (2 - u)), np.float32)


def ridge(across: Array, along: Array, *, length: float, sigma: float, fade: float = 6.0) -> Array:
    """Gaussian line of unit height that fades towards both ends (mm)."""
    ends = np.clip(along / fade, 0, 1) * np.clip((length - along) / fade, 0, 1)
    return np.asarray(np.exp(-0.5 * (across / sigma) ** 2) * ends, np.float32)


@dataclass(frozen=True)
class BoneQuality:
    """What the bone state makes of a hip, with the variation that is not the state.

    Attributes
    ----------
    cortex : thickness of the cortex relative to a young woman's
    mineral : density of all mineral, relative; a nuisance
    cancellous : background density of cancellous bone, g/cm3
    groups : trabecular group -> strength, 0 (gone) to about 1.3
    bundles : trabecular group -> density of its mass between the single trabeculae, relative; a
        nuisance
    streaks : contrast of single trabeculae within a group, relative
    """

    cortex: float
    mineral: float
    cancellous: float
    groups: Mapping[str, float]
    bundles: Mapping[str, float]
    streaks: float


GROUP_FADES = {
    "secondary_tensile": (-0.9, 0.9),
    "greater_trochanter": (-1.2, 0.9),
    "secondary_compressive": (-1.8, 0.9),
    "principal_tensile": (-2.7, 0.9),
    "principal_compressive": (-4.6, 1.3),
}
"""Bone state at which a group is half gone, and the width of its fading: Singh's order."""


def draw_quality(bone_state: float, rng: np.random.Generator) -> BoneQuality:
    """Draw cortex and trabeculae for a bone state in T-score units."""
    z = rng.standard_normal(4 + 2 * len(GROUP_FADES))
    groups = {
        name: float(1.25 * expit((bone_state + 0.2 * e - half) / width))
        for (name, (half, width)), e in zip(GROUP_FADES.items(), z[4::2], strict=True)
    }
    bundles = {name: float(np.exp(0.35 * e)) for name, e in zip(GROUP_FADES, z[5::2], strict=True)}
    return BoneQuality(
        cortex=float(np.clip(np.exp(0.2 * bone_state + 0.05 * z[0]), 0.22, 1.7)),
        mineral=float(np.exp(0.13 * z[1])),
        cancellous=float(np.clip(0.13 + 0.012 * bone_state + 0.02 * z[2], 0.04, 0.22)),
        groups=groups,
        bundles=bundles,
        streaks=float(np.exp(0.08 * (bone_state + 2) + 0.05 * z[3])),
    )


def _streak_bank(rng: np.random.Generator) -> Array:
    """Noise of long parallel streaks: (along, across) float32, periodic, mean 0, SD 1."""
    fine = rng.standard_normal((48, 192)).astype(np.float32)
    fine = ndimage.gaussian_filter(fine, (1.6, 0.8), mode="wrap")
    coarse = ndimage.gaussian_filter(
        rng.standard_normal((48, 192)).astype(np.float32), (2.2, 1.6), mode="wrap"
    )
    bank = np.exp(0.5 * (fine / fine.std() + 0.7 * coarse / coarse.std()))
    bank -= ndimage.gaussian_filter1d(bank, 5.0, axis=1, mode="wrap")
    return np.asarray(bank / bank.std(), np.float32)


def _sample(bank: Array, along: Array, across: Array) -> Array:
    """Interpolate the periodic bank at fractional rows and columns."""
    rows, columns = bank.shape
    r, c = np.floor(along), np.floor(across)
    fr, fc = along - r, across - c
    i, j = r.astype(np.int32) % rows, c.astype(np.int32) % columns
    flat = bank.ravel()
    i2, j2 = np.where(i + 1 == rows, 0, i + 1), np.where(j + 1 == columns, 0, j + 1)
    i, i2 = i * columns, i2 * columns
    top = flat[i + j] * (1 - fc) + flat[i + j2] * fc
    low = flat[i2 + j] * (1 - fc) + flat[i2 + j2] * fc
    return np.asarray(top * (1 - fr) + low * fr, np.float32)


def _trabeculae(hip: Hip, quality: BoneQuality, grid: Grid, rng: np.random.Generator) -> Array:
    """Density of the proximal femur's cancellous bone, g/cm3, on the finer grid of `grid`."""
    bank = _streak_bank(rng)
    starts = rng.uniform(0, 192, (len(GROUP_FADES), 2))
    tall, wide = grid.rows * 2, grid.columns * 2
    speckle = rng.standard_normal((grid.rows, grid.columns)).astype(np.float32)
    speckle = double(ndimage.gaussian_filter(speckle, 0.9))
    density = np.full((tall, wide), quality.cancellous, np.float32)
    density *= 1 + 0.3 * speckle
    lines = anatomy.trabecular_groups(hip)
    for (name, strength), start in zip(quality.groups.items(), starts, strict=True):
        line, first, last = lines[name]
        reach = hip.scale * 1.6 * max(first, last)
        rows, columns = grid.window(*(line.min(0) - reach), *(line.max(0) + reach))
        part = grid.part(rows, columns)
        if part.rows == 0 or part.columns == 0:
            continue
        across, along = (double(field) for field in beside_line(line, part))
        length = float(np.hypot(*np.diff(line, axis=0).T).sum())
        width = hip.scale * (first + (last - first) * np.clip(along / length, 0, 1))
        u = across / width
        bundle = np.exp(-((u * u) ** 2))
        middle = 0.5 * (first + last) * hip.scale
        streaks = _sample(bank, along / 2.5 + start[0], u * middle / 0.42 + start[1])
        bundle *= np.clip(along / 5, 0, 1) * np.clip((length - along) / 5, 0, 1)
        mass = 0.08 * quality.bundles[name]
        bundle *= strength * (mass + 0.13 * quality.streaks * streaks)
        density[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop] += bundle
    return np.maximum(density, 0.01)


@dataclass(frozen=True)
class BoneMap:
    """Bone of one hip on a grid.

    Attributes
    ----------
    areal : (rows, columns) float32, g/cm2
    bone : (rows, columns), bone in the beam
    cortex : (rows, columns), cortex of the femur in the beam: its shell, seen tangentially
    """

    areal: Array
    bone: NDArray[np.bool_]
    cortex: NDArray[np.bool_]


def _union(path: Array, squared: Array) -> Array:
    """Path through two overlapping solids, from one path and the other's square, rounded off."""
    path = path * path
    return np.asarray(np.sqrt(np.sqrt(path * path + squared * squared)), np.float32)


def _femur(
    hip: Hip, quality: BoneQuality, grid: Grid, rng: np.random.Generator
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Areal density, outline and tangential cortex of the femur on the finer grid."""
    fine = grid.finer()
    x, y = fine.x[None, :], fine.y[:, None]
    scale = hip.scale
    depth = double(depth_inside(anatomy.femur_outline(hip), grid))
    cx, cy = grid.x[None, :] / scale, grid.y[:, None] / scale
    shaft = expit((cy - 62) / 9)
    calcar = np.exp(-(((cx - 22) / 11) ** 2) - ((cy - 48) / 20) ** 2)
    lateral = expit((cx - 56) / 4) * expit((cy - 34) / 7)
    neck = np.exp(-(((cx - 24) / 14) ** 2) - ((cy - 16) / 16) ** 2)
    thickness = 0.9 + 5.6 * shaft + 2.6 * calcar * (1 - shaft) + 1.6 * lateral * (1 - shaft)
    cortex = double((scale * quality.cortex * thickness).astype(np.float32))
    half = double((scale * (17 - 4.5 * neck - 1.2 * shaft)).astype(np.float32))
    radius = double((scale * (11.5 + 3.5 * shaft - 1.5 * neck)).astype(np.float32))
    np.minimum(cortex, 0.6 * radius, out=cortex)
    outer = np.zeros(depth.shape, np.float32)
    inner = np.zeros(depth.shape, np.float32)
    for shift in (-fine.step / 4, fine.step / 4):
        moved = depth + np.float32(shift)
        outer += half * profile(moved, radius)
        inner += (half - cortex) * profile(moved - cortex, radius - cortex)
    head_depth = hip.head_radius - np.hypot(
        x * np.float32(1 / hip.head_shape), y * np.float32(hip.head_shape) + 0.03 * x
    )
    rows, columns = fine.window(*(-hip.head_radius,) * 2, *(hip.head_radius,) * 2)
    shell = 0.8 * scale * quality.cortex**0.5
    sphere = np.maximum(head_depth[rows, columns], 0)
    core = np.maximum(sphere - shell, 0)
    ball, kernel = hip.head_radius, hip.head_radius - shell
    outer[rows, columns] = _union(outer[rows, columns], 4 * sphere * (2 * ball - sphere))
    inner[rows, columns] = _union(inner[rows, columns], 4 * core * (2 * kernel - core))
    marrow = double((np.clip((cy - 78) / 30, 0, 1) * np.ones_like(cx)).astype(np.float32))
    cancellous = _trabeculae(hip, quality, grid, rng) * (1 - 0.85 * marrow)
    areal = 0.1 * (CORTICAL_DENSITY * (outer - inner) + cancellous * inner)
    crest = anatomy.intertrochanteric_crest(hip)
    across, along = beside_line(crest, grid)
    length = float(np.hypot(*np.diff(crest, axis=0).T).sum())
    line = double(ridge(across, along, length=length, sigma=1.6 * scale, fade=14))
    areal += 0.35 * quality.cortex * line * (inner > 1)
    solid = np.maximum(depth, head_depth) > 0
    wall = solid & (np.maximum(depth - cortex, head_depth - shell) < 0)
    return np.asarray(areal * quality.mineral, np.float32), solid, wall


def _plate(
    depth: Array, half: Array | float, *, cortex: float, radius: float, cancellous: Array
) -> Array:
    """Areal density of a flat bone with an even shell."""
    outer = half * profile(depth, radius)
    inner = np.maximum(half - cortex, 0) * profile(depth - cortex, radius - cortex)
    return np.asarray(0.2 * (CORTICAL_DENSITY * (outer - inner) + cancellous * inner), np.float32)


def _pelvis(
    hip: Hip, quality: BoneQuality, grid: Grid, rng: np.random.Generator
) -> tuple[Array, NDArray[np.bool_]]:
    """Areal density and outline of the hemipelvis on the finer grid."""
    scale = hip.scale
    x, y = grid.x[None, :] / scale, grid.y[:, None] / scale
    reach = np.hypot(x, y)
    near = np.exp(-(((reach - 38) / 18) ** 2))
    wing = expit(-(y + 66) / 8)
    socket = expit((hip.socket_radius / scale - reach) / 1.2)
    ramus = expit(-(x + 46) / 6)
    behind = (9.5 - 4.5 * wing + 7.5 * near - 3 * ramus) * (1 - 0.62 * socket)
    behind = behind * np.where(y > 0, expit((x + 70) / 3), 1)
    front = (7.5 + 4.5 * near) * (1 - 0.6 * socket) * expit((y + 58) / 6)
    noise = rng.standard_normal((2 * grid.rows, 2 * grid.columns)).astype(np.float32)
    noise = ndimage.uniform_filter1d(ndimage.uniform_filter1d(noise, 3, axis=0), 3, axis=1)
    cancellous = np.maximum(quality.cancellous * (1.5 + 1.0 * noise), 0.02)
    cortex = 1.25 * scale * quality.cortex**0.5
    areal = np.zeros(noise.shape, np.float32)
    bone = np.zeros(noise.shape, np.bool_)
    for outline, half, radius in (
        (anatomy.posterior_column(hip), behind, 8.0),
        (anatomy.anterior_column(hip), front, 7.0),
    ):
        depth = double(depth_inside(outline, grid, reach=9.0))
        thick = double(np.asarray(scale * half, np.float32))
        areal += _plate(depth, thick, cortex=cortex, radius=radius * scale, cancellous=cancellous)
        bone |= depth > 0
    # The sourcil is a thin dense arc with a paler band of denser bone above it.
    subchondral = ((1.3, 1.2 * scale, 1.5, 18.0), (4.5, 3.2 * scale, 0.4, 24.0))
    for line, sheets in (
        (anatomy.roof(hip), subchondral),
        (anatomy.teardrop(hip), ((0.0, 0.6 * scale, 0.7, 9.0),)),
    ):
        low, high = line.min(0) - 12, line.max(0) + 12
        rows, columns = grid.window(low[0], low[1], high[0], high[1])
        part = grid.part(rows, columns)
        if part.rows == 0 or part.columns == 0:
            continue
        across, along = (double(field) for field in beside_line(line, part))
        length = float(np.hypot(*np.diff(line, axis=0).T).sum())
        here = areal[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop]
        for offset, sigma, height, fade in sheets:
            here += (height * quality.cortex**0.4) * ridge(
                across - np.float32(offset), along, length=length, sigma=sigma, fade=fade
            )
    return areal * quality.mineral, bone


def hip_bone(hip: Hip, quality: BoneQuality, grid: Grid, rng: np.random.Generator) -> BoneMap:
    """Compute femur and hemipelvis of one hip.

    Parameters
    ----------
    hip : shape; the grid is in its frame
    quality : cortex and trabeculae
    grid : coarse grid; the result has twice its rows and columns
    rng : source of the single trabeculae
    """
    areal, bone = _pelvis(hip, quality, grid, rng)
    cortex = np.zeros(bone.shape, np.bool_)
    outline = anatomy.femur_outline(hip)
    low = np.minimum(outline.min(0), -hip.head_radius) - 3
    high = outline.max(0) + 3
    rows, columns = grid.window(low[0], low[1], high[0], high[1])
    if rows.stop - rows.start > 2 and columns.stop - columns.start > 2:
        part = grid.part(rows, columns)
        femur, solid, wall = _femur(hip, quality, part, rng)
        rows = slice(2 * rows.start, 2 * rows.stop)
        columns = slice(2 * columns.start, 2 * columns.stop)
        areal[rows, columns] += femur
        bone[rows, columns] |= solid
        cortex[rows, columns] = wall
    return BoneMap(areal, bone, cortex)


def sacrum_bone(hip: Hip, quality: BoneQuality, grid: Grid, rng: np.random.Generator) -> Array:
    """Areal density of sacrum and coccyx, g/cm2.

    Parameters
    ----------
    hip : sets the scale
    quality : cortex and background density
    grid : coarse grid, x from the midline; the result has twice its rows and columns
    rng : source of the texture
    """
    fine = grid.finer()
    depth = double(depth_inside(anatomy.sacrum(hip), grid, reach=12.0))
    texture = rng.standard_normal((grid.rows, grid.columns)).astype(np.float32)
    texture = double(ndimage.gaussian_filter(texture, 0.8))
    cancellous = np.maximum(quality.cancellous * (1 + 0.6 * texture), 0.02)
    areal = _plate(
        depth,
        9.0 * hip.scale,
        cortex=0.8 * hip.scale * quality.cortex**0.5,
        radius=11.0 * hip.scale,
        cancellous=cancellous,
    )
    x, y = np.abs(fine.x)[None, :], fine.y[:, None]
    for cx, cy in anatomy.sacral_foramina(hip):
        across = np.hypot((x - cx) / 5.5, (y - cy) / 3.6) / hip.scale
        areal *= 1 - 0.55 * expit((1 - across) * 6)
        upper = expit((cy - 1 - y) / 1.5)
        areal += 0.22 * quality.cortex**0.4 * upper * np.exp(-(((across - 1.15) / 0.16) ** 2))
    return np.asarray(areal * quality.mineral, np.float32)
