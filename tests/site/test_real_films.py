"""What becomes of each real film and malformed file in the shared folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osteohip.site.inventory import Inventory, take_inventory

FILM = "film"
OUTCOMES = {
    # A CR film of 16 by 16 pixels; DERIVED\PRIMARY is how its vendor marks any film.
    "edge/CR1_6154": FILM,
    # Ultrasound, nuclear medicine, MR, secondary capture, RT dose, RT plan: no projection films.
    "edge/ExplVR_BigEnd.dcm": "wrong_modality",
    "edge/JPGExtended.dcm": "wrong_modality",
    "edge/MR_small_bigendian.dcm": "wrong_modality",
    "edge/emri_small.dcm": "wrong_modality",
    "edge/SC_rgb_small_odd.dcm": "wrong_modality",
    "edge/badVR.dcm": "wrong_modality",
    "edge/vlut_04.dcm": "wrong_modality",
    # Breaks off in the middle, but the modality stands before that.
    "edge/rtplan_truncated.dcm": "wrong_modality",
    # A CR header with Korean names and no pixels.
    "edge/chrKoreanMulti.dcm": "no_pixel_data",
    # Two bytes of pixels, and neither modality nor transfer syntax.
    "edge/meta_missing_tsyntax.dcm": "missing_tag",
    # A stray byte stands before the first data element, so nothing after it can be parsed.
    "edge/no_meta.dcm": "not_dicom",
    # The real hip, plain and as reversible JPEG 2000 (DERIVED\PRIMARY for its encoding alone).
    "hip_cr/RG2_UNC.dcm": FILM,
    "hip_cr/RG2_J2KR.dcm": FILM,
    # Its JPEG has an illegal parameter in the scan header, and decoders refuse it.
    "hip_cr/RG2_JPLY.dcm": "undecodable_pixels",
    # Implicit little endian without preamble and file meta information.
    "other_cr/CR-MONO1-10-chest_nopreamble": FILM,
    # Compressed with loss, as an archive may do with a film that was read.
    "other_cr/RG1_J2KI.dcm": FILM,
    "other_cr/RG3_J2KR.dcm": FILM,
    "other_cr/RG3_JPLL.dcm": FILM,
    # Photographs of pelvises, re-wrapped in colour.
    "pelvis_ddh/331_DDH_10.dcm": "colour",
    "pelvis_ddh/331_DDH_107.dcm": "colour",
    "pelvis_ddh/331_DDH_115.dcm": "colour",
    "pelvis_ddh/331_DDH_116.dcm": "colour",
    "pelvis_ddh/331_DDH_121.dcm": "colour",
    # Text files that lie beside them.
    "digests.json": "not_dicom",
    "pelvis_ddh/331_DDH_10.json": "not_dicom",
    "pelvis_ddh/331_DDH_107.json": "not_dicom",
    "pelvis_ddh/331_DDH_115.json": "not_dicom",
    "pelvis_ddh/331_DDH_116.json": "not_dicom",
    "pelvis_ddh/331_DDH_121.json": "not_dicom",
}


@pytest.fixture(scope="module")
def found(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    site = tmp_path_factory.mktemp("real")
    for path in (shared / "dicom").rglob("*"):
        if path.is_file():
            link = site / "radiographs" / path.relative_to(shared / "dicom")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return take_inventory(site, modalities=["CR", "DX"], jobs=2)


def test_every_file_has_the_outcome_that_it_should(found: Inventory) -> None:
    films = dict.fromkeys(found.films["file"], FILM)
    refused = dict(zip(found.refused["file"], found.refused["reason"], strict=True))
    assert films | refused == OUTCOMES
    assert len(films) + len(refused) == len(OUTCOMES)


def test_digests_are_those_of_the_other_decoder(found: Inventory, shared: Path) -> None:
    known = json.loads((shared / "dicom" / "digests.json").read_text(encoding="utf-8"))
    compared = 0
    for row in found.films.itertuples():
        digests = known[f"dicom/{row.file}"]
        assert row.file_sha256 == digests["sha256"]
        if "px_sha256" in digests:
            assert row.pixel_sha256 == digests["px_sha256"]
            compared += 1
    assert compared == 6


def test_one_hip_in_two_encodings_has_one_pixel_digest(found: Inventory) -> None:
    films = found.films.set_index("file")
    plain, reversible = films.loc["hip_cr/RG2_UNC.dcm"], films.loc["hip_cr/RG2_J2KR.dcm"]
    assert plain["pixel_sha256"] == reversible["pixel_sha256"]
    assert plain["file_sha256"] != reversible["file_sha256"]
    assert (plain["sex"], plain["side"], plain["view"]) == ("M", "", "")
    assert plain["film_date"] == "1997-03-14"
    tibia = films.loc["other_cr/RG3_J2KR.dcm"]
    assert (tibia["side"], tibia["view"], tibia["body_part"]) == ("R", "AP", "EXTREMITY")
