from __future__ import annotations

import pytest

from osteohip.images.polarity import must_invert


@pytest.mark.parametrize(
    ("photometric", "shape", "sign", "invert"),
    [
        # CR says no more than the photometric interpretation: its lowest value is white in 1.
        ("MONOCHROME2", "", None, False),
        ("MONOCHROME1", "", None, True),
        # In DX the shape says the same again; INVERSE must not invert a second time.
        ("MONOCHROME2", "IDENTITY", None, False),
        ("MONOCHROME1", "INVERSE", None, True),
        # Sign -1: higher values where less radiation came through, as behind bone.
        ("MONOCHROME2", "IDENTITY", -1, False),
        ("MONOCHROME2", "", -1, False),
        # Sign +1: lower values where less radiation came through.
        ("MONOCHROME1", "INVERSE", 1, True),
        ("MONOCHROME1", "", 1, True),
    ],
)
def test_known_cases(photometric: str, shape: str, sign: int | None, invert: bool) -> None:
    assert must_invert(photometric, shape, sign) is invert


@pytest.mark.parametrize(
    ("photometric", "shape", "sign", "word"),
    [
        ("RGB", "", None, "Photometric"),
        ("", "", None, "Photometric"),
        ("monochrome1", "", None, "Photometric"),
        ("MONOCHROME1", "IDENTITY", None, "Shape"),
        ("MONOCHROME2", "INVERSE", None, "Shape"),
        ("MONOCHROME2", "LIN OD", None, "Shape"),
        ("MONOCHROME2", "IDENTITY", 1, "Sign"),
        ("MONOCHROME1", "INVERSE", -1, "Sign"),
        ("MONOCHROME1", "", -1, "Sign"),
        ("MONOCHROME2", "", 0, "Sign"),
        ("MONOCHROME2", "", 2, "Sign"),
    ],
)
def test_unknown_and_contradictory_cases_raise(
    photometric: str, shape: str, sign: int | None, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        must_invert(photometric, shape, sign)
