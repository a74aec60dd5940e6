"""Which way up is a film: are its pixel values to be inverted so that bone is bright."""

from __future__ import annotations


def must_invert(photometric: str, shape: str = "", sign: int | None = None) -> bool:
    """Say whether higher values mean darker bone, so that the values must be inverted.

    What is displayed bright is said by Photometric Interpretation: the highest value in
    MONOCHROME2, the lowest in MONOCHROME1 (PS3.3, C.7.6.3.1.2), and films for presentation are
    displayed with bright bone. The Presentation LUT Shape says the same again and is no second
    inversion: IDENTITY belongs to MONOCHROME2, INVERSE to MONOCHROME1 (C.8.11.3). The Pixel
    Intensity Relationship Sign says where bone, which lets less radiation through, lies: at high
    values if -1, at low values if +1 (C.8.11.3.1.2). Where two of them contradict one another, one
    is wrong or the film is displayed as a negative; nothing here can tell which.

    Parameters
    ----------
    photometric
        Photometric Interpretation (0028,0004).
    shape
        Presentation LUT Shape (2050,0020), empty where absent.
    sign
        Pixel Intensity Relationship Sign (0028,1041), None where absent.

    Raises
    ------
    ValueError
        For an unknown value, or a contradiction.
    """
    inverts = {"MONOCHROME1": True, "MONOCHROME2": False}
    if photometric not in inverts:
        raise ValueError("expected Photometric Interpretation MONOCHROME1 or MONOCHROME2")
    invert = inverts[photometric]
    shapes = {"": invert, "IDENTITY": False, "INVERSE": True}
    if shapes.get(shape) is not invert:
        raise ValueError("expected a Presentation LUT Shape that fits Photometric Interpretation")
    signs = {None: invert, -1: False, 1: True}
    if signs.get(sign) is not invert:
        raise ValueError(
            "expected a Pixel Intensity Relationship Sign that fits Photometric Interpretation"
        )
    return invert
