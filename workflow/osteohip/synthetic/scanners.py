"""The X-ray machines of the synthetic hospitals: how their films look and how they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from osteohip.synthetic.rendering import Exposure

Range = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """Ranges from which a machine's exposures are drawn evenly; units as `Exposure` has them."""

    pixel_spacing_mm: Range
    noise: Range
    scatter: Range
    blur_mm: Range
    tone_gamma: Range
    tone_toe: Range
    edge_enhancement: Range
    gain: Range
    offset: Range


@dataclass(frozen=True)
class Scanner:
    """One model of X-ray machine, as it writes DICOM.

    Parameters
    ----------
    manufacturer, model_name, software
        As in the header.
    modality
        CR makes Computed Radiography objects, DX Digital X-Ray ones for presentation.
    photometric
        With MONOCHROME1 low stored values are bright.
    intensity
        Pixel Intensity Relationship.
    bits
        Bits stored.
    rescale
        Slope and intercept of the modality LUT; None where the header has none. Digital X-Ray
        objects for presentation must have (1, 0).
    states_shape
        Whether the header states the Presentation LUT Shape (Digital X-Ray must).
    collimated
        Share of the films with a border of Pixel Padding Value.
    overlay
        Whether the side letter lies in an overlay plane.
    transfer_syntaxes
        With their weights.
    weight
        Share of the hospital's films.
    look
        How the films look.
    """

    manufacturer: str
    model_name: str
    software: str
    modality: Literal["CR", "DX"]
    photometric: Literal["MONOCHROME1", "MONOCHROME2"]
    intensity: Literal["LOG", "LIN"]
    bits: int
    rescale: tuple[float, float] | None
    states_shape: bool
    collimated: float
    overlay: bool
    transfer_syntaxes: tuple[tuple[UID, float], ...]
    weight: float
    look: Look

    def draw_exposure(self, rng: np.random.Generator) -> Exposure:
        """Return how one film is exposed and processed.

        Gain and offset vary widely from film to film, so brightness says nothing about bone.
        """
        look = self.look
        return Exposure(
            pixel_spacing_mm=round(rng.uniform(*look.pixel_spacing_mm), 3),
            kvp=float(rng.integers(70, 79)),
            noise=rng.uniform(*look.noise),
            scatter=rng.uniform(*look.scatter),
            blur_mm=rng.uniform(*look.blur_mm),
            tone_gamma=rng.uniform(*look.tone_gamma),
            tone_toe=rng.uniform(*look.tone_toe),
            edge_enhancement=rng.uniform(*look.edge_enhancement),
            bits=self.bits,
            gain=rng.uniform(*look.gain),
            offset=rng.uniform(*look.offset),
        )

    def draw_transfer_syntax(self, rng: np.random.Generator) -> UID:
        """Return the transfer syntax of one film."""
        weights = np.array([weight for _, weight in self.transfer_syntaxes])
        row = rng.choice(len(weights), p=weights / weights.sum())
        return self.transfer_syntaxes[int(row)][0]


def draw_scanner(scanners: tuple[Scanner, ...], rng: np.random.Generator) -> Scanner:
    """Return the machine that takes one film."""
    weights = np.array([scanner.weight for scanner in scanners])
    return scanners[int(rng.choice(len(scanners), p=weights / weights.sum()))]
