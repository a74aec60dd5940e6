"""The X-ray machines of the synthetic hospitals: how their films look and how they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from osteohip.synthetic.radiography import Exposure

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


DEVELOPMENT_SCANNERS = (
    Scanner(
        manufacturer="Samsung Electronics",
        model_name="GM85",
        software="1.07",
        modality="DX",
        photometric="MONOCHROME2",
        intensity="LOG",
        bits=14,
        rescale=(1.0, 0.0),
        states_shape=True,
        collimated=0.3,
        overlay=False,
        transfer_syntaxes=((ExplicitVRLittleEndian, 0.8), (JPEGLSLossless, 0.2)),
        weight=0.3,
        look=Look(
            pixel_spacing_mm=(0.27, 0.29),
            noise=(0.7, 1.2),
            scatter=(0.7, 1.1),
            blur_mm=(0.18, 0.26),
            tone_gamma=(0.95, 1.12),
            tone_toe=(0.2, 0.5),
            edge_enhancement=(0.2, 0.5),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
    Scanner(
        manufacturer="Samsung Electronics",
        model_name="GR40CW",
        software="2.0.1",
        modality="DX",
        photometric="MONOCHROME1",
        intensity="LOG",
        bits=12,
        rescale=(1.0, 0.0),
        states_shape=True,
        collimated=0.0,
        overlay=False,
        transfer_syntaxes=((RLELossless, 0.15), (ImplicitVRLittleEndian, 0.85)),
        weight=0.2,
        look=Look(
            pixel_spacing_mm=(0.28, 0.3),
            noise=(0.9, 1.5),
            scatter=(0.8, 1.3),
            blur_mm=(0.22, 0.32),
            tone_gamma=(0.88, 1.05),
            tone_toe=(0.1, 0.4),
            edge_enhancement=(0.1, 0.3),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
    Scanner(
        manufacturer="GE Healthcare",
        model_name="Discovery XR656",
        software="DXR 1.2",
        modality="DX",
        photometric="MONOCHROME1",
        intensity="LOG",
        bits=14,
        rescale=(1.0, 0.0),
        states_shape=True,
        collimated=0.0,
        overlay=True,
        transfer_syntaxes=(
            (RLELossless, 0.15),
            (JPEG2000Lossless, 0.05),
            (ExplicitVRLittleEndian, 0.8),
        ),
        weight=0.25,
        look=Look(
            pixel_spacing_mm=(0.26, 0.28),
            noise=(0.6, 1.1),
            scatter=(0.6, 1.0),
            blur_mm=(0.2, 0.28),
            tone_gamma=(1.0, 1.18),
            tone_toe=(0.3, 0.6),
            edge_enhancement=(0.3, 0.6),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
    Scanner(
        manufacturer="GE Healthcare",
        model_name="Thunder Platform",
        software="4.1",
        modality="CR",
        photometric="MONOCHROME2",
        intensity="LOG",
        bits=10,
        rescale=(4.0, -1024.0),
        states_shape=False,
        collimated=0.5,
        overlay=False,
        transfer_syntaxes=((ExplicitVRLittleEndian, 0.85), (RLELossless, 0.15)),
        weight=0.15,
        look=Look(
            pixel_spacing_mm=(0.29, 0.31),
            noise=(0.9, 1.6),
            scatter=(0.9, 1.4),
            blur_mm=(0.25, 0.36),
            tone_gamma=(0.9, 1.1),
            tone_toe=(0.1, 0.4),
            edge_enhancement=(0.0, 0.3),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
    Scanner(
        manufacturer="Canon Inc.",
        model_name="CXDI",
        software="3.10.2",
        modality="CR",
        photometric="MONOCHROME1",
        intensity="LIN",
        bits=12,
        rescale=None,
        states_shape=True,
        collimated=0.0,
        overlay=False,
        transfer_syntaxes=(
            (ImplicitVRLittleEndian, 0.8),
            (JPEGLSLossless, 0.2),
        ),
        weight=0.1,
        look=Look(
            pixel_spacing_mm=(0.28, 0.3),
            noise=(1.0, 1.7),
            scatter=(0.8, 1.3),
            blur_mm=(0.22, 0.34),
            tone_gamma=(0.85, 1.05),
            tone_toe=(0.0, 0.3),
            edge_enhancement=(0.2, 0.5),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
)

# Another maker with harder processing, and a known model set up otherwise: flatter, noisier films.
EXTERNAL_SCANNERS = (
    Scanner(
        manufacturer="DK Medical",
        model_name="Innovision DXII",
        software="1.0.4",
        modality="DX",
        photometric="MONOCHROME2",
        intensity="LIN",
        bits=12,
        rescale=(1.0, 0.0),
        states_shape=True,
        collimated=0.3,
        overlay=False,
        transfer_syntaxes=((ExplicitVRLittleEndian, 0.85), (RLELossless, 0.15)),
        weight=0.6,
        look=Look(
            pixel_spacing_mm=(0.29, 0.32),
            noise=(1.3, 2.0),
            scatter=(1.2, 1.8),
            blur_mm=(0.3, 0.45),
            tone_gamma=(0.8, 0.92),
            tone_toe=(0.5, 0.9),
            edge_enhancement=(0.6, 1.0),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
    Scanner(
        manufacturer="GE Healthcare",
        model_name="Discovery XR656",
        software="DXR 2.0",
        modality="DX",
        photometric="MONOCHROME1",
        intensity="LOG",
        bits=14,
        rescale=(1.0, 0.0),
        states_shape=True,
        collimated=0.0,
        overlay=True,
        transfer_syntaxes=(
            (RLELossless, 0.15),
            (JPEG2000Lossless, 0.05),
            (ImplicitVRLittleEndian, 0.8),
        ),
        weight=0.4,
        look=Look(
            pixel_spacing_mm=(0.26, 0.28),
            noise=(0.9, 1.5),
            scatter=(1.0, 1.5),
            blur_mm=(0.24, 0.34),
            tone_gamma=(1.12, 1.3),
            tone_toe=(0.5, 0.9),
            edge_enhancement=(0.5, 0.9),
            gain=(0.85, 1.15),
            offset=(-0.1, 0.1),
        ),
    ),
)
