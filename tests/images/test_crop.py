from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydicom.uid import JPEG2000Lossless

from osteohip.cohort.command import select
from osteohip.config import Images
from osteohip.errors import InputError
from osteohip.files import read_arrays
from osteohip.images.command import crop
from osteohip.images.crop import crop_hip
from osteohip.images.pixels import Box
from osteohip.site.command import inventory

MakeFilm = Callable[..., bytes]
MakeSite = Callable[..., Path]

# Nothing is done to the pixels of a box of 32 by 32: it is only cut and mirrored.
SAME = Images(size=32)
RNG = np.random.default_rng(3)
PIXELS = RNG.integers(0, 4096, (64, 80)).astype(np.uint16)
BOX = Box(x0=5, y0=9, x1=37, y1=41)
TWELVE: dict[str, Any] = {"BitsStored": 12, "HighBit": 11}


def test_a_left_hip_is_cut_and_a_right_one_mirrored(make_film: MakeFilm) -> None:
    content = make_film(PIXELS)
    left, valid = crop_hip(content, BOX, "L", SAME)
    assert (str(left.dtype), left.shape, str(valid.dtype)) == ("float32", (32, 32), "bool")
    np.testing.assert_array_equal(left, PIXELS[9:41, 5:37])
    assert valid.all()
    right, _ = crop_hip(content, BOX, "R", SAME)
    np.testing.assert_array_equal(right, left[:, ::-1])
    unmirrored, _ = crop_hip(content, BOX, "R", Images(size=32, mirror_right=False))
    np.testing.assert_array_equal(unmirrored, left)


def test_padding_of_the_film_and_of_the_square_is_invalid_and_zero(make_film: MakeFilm) -> None:
    pixels = PIXELS | np.uint16(1)
    pixels[10, 6:9] = 0
    content = make_film(pixels, PixelPaddingValue=0)
    values, valid = crop_hip(content, Box(5, 9, 37, 25), "R", SAME)
    expected = np.zeros((32, 32), bool)
    expected[8:24] = True
    expected[9, 28:31] = False  # mirrored
    np.testing.assert_array_equal(valid, expected)
    assert not values[~valid].any()
    assert values[valid].all()


def test_monochrome1_and_compression_make_no_difference(make_film: MakeFilm) -> None:
    plain, _ = crop_hip(make_film(PIXELS, **TWELVE), BOX, "L", SAME)
    inverse: dict[str, Any] = {
        "PhotometricInterpretation": "MONOCHROME1",
        "PresentationLUTShape": "INVERSE",
        "PixelIntensityRelationshipSign": 1,
    }
    other = make_film(4095 - PIXELS, syntax=JPEG2000Lossless, **TWELVE, **inverse)
    np.testing.assert_array_equal(crop_hip(other, BOX, "L", SAME)[0], plain)


def test_a_box_of_padding_only(make_film: MakeFilm) -> None:
    content = make_film(np.zeros_like(PIXELS), PixelPaddingValue=0)
    with pytest.raises(ValueError, match="image in the box"):
        crop_hip(content, BOX, "L", SAME)


def test_the_real_hip_has_one_crop_in_both_encodings(shared: Path) -> None:
    crops = [
        crop_hip((shared / "dicom" / "hip_cr" / name).read_bytes(), box, side, Images())
        for name in ("RG2_UNC.dcm", "RG2_J2KR.dcm")
        for box, side in ((Box(700, 700, 1400, 1500), "L"), (Box(0, 0, 1760, 2140), "R"))
    ]
    for (plain, valid), (reversible, also_valid) in zip(crops[:2], crops[2:], strict=True):
        assert plain.tobytes() == reversible.tobytes()
        assert valid.tobytes() == also_valid.tobytes()
        assert plain.std() > 1


@pytest.mark.parametrize(
    ("file", "photometric", "bone", "beside"),
    [
        # x0, y0, x1, y1 by eye: femoral head and air beside the thigh
        ("hip_cr/RG2_UNC.dcm", 2, (850, 830, 950, 930), (700, 1800, 900, 2000)),
        # shaft of the tibia and air beside the leg
        ("other_cr/RG3_J2KR.dcm", 1, (840, 620, 900, 700), (560, 620, 620, 700)),
        # spine and lung of two chests
        ("other_cr/RG1_J2KI.dcm", 1, (880, 900, 960, 1000), (500, 600, 580, 700)),
        ("other_cr/CR-MONO1-10-chest_nopreamble", 1, (205, 200, 225, 240), (100, 150, 120, 190)),
    ],
)
def test_bone_is_bright_in_real_films(
    shared: Path,
    file: str,
    photometric: int,
    bone: tuple[int, int, int, int],
    beside: tuple[int, int, int, int],
) -> None:
    content = (shared / "dicom" / file).read_bytes()
    assert f"MONOCHROME{photometric}".encode() in content
    settings = Images(size=32)
    bright, dark = (crop_hip(content, Box(*box), "L", settings)[0] for box in (bone, beside))
    assert bright.mean() > dark.mean() + 50


def run(site: Path, out: Path, **settings: Any) -> None:
    private = out / "private"
    inventory(site=site, out_dir=private)
    select(
        site=site,
        inventory=private / "inventory.csv",
        refused=private / "refused.csv",
        out_dir=out,
    )
    cut_out(site, out, **settings)


def cut_out(site: Path, out: Path, **settings: Any) -> None:
    crop(
        site=site,
        cohort=out / "cohort.csv",
        inventory=out / "private" / "inventory.csv",
        linkage=out / "private" / "linkage.csv",
        out_dir=out,
        settings=json.dumps({"size": 32} | settings),
        jobs=2,
    )


def four_patients(make_site: MakeSite, make_film: MakeFilm, crops: list[str]) -> Path:
    ids = range(1, 5)
    return make_site(
        radiographs={
            f"{i}.dcm": make_film(
                PIXELS + i,
                SOPInstanceUID=f"2.25.{i}",
                PatientID=f"p{i}",
                ImageLaterality="LR"[i % 2],
            )
            for i in ids
        },
        patients="patient_id,sex,age_years\n" + "".join(f"p{i},F,70\n" for i in ids),
        dxa="patient_id,exam_date,side,region,bmd_g_cm2,t_score,institution\n"
        + "".join(f"p{i},2015-06-15,{'LR'[i % 2]},total_hip,0.7,-{i},\n" for i in ids),
        crops="\n".join(["sop_instance_uid,side,x0,y0,x1,y1,status,reason,annotator", *crops, ""]),
    )


CROPS = [
    "2.25.1,R,5,9,37,41,cropped,,Ann Smith",
    "2.25.2,L,5,9,37,41,cropped,,Ann Smith",
    "2.25.3,R,,,,,uncroppable,Mrs Kim moved,Ann Smith",
    "2.25.4,L,,,,,uncroppable,quality,Ann Smith",
    "2.25.99,L,1,1,9000,9000,cropped,,Ann Smith",
]


def test_crops_of_a_site(make_site: MakeSite, make_film: MakeFilm, tmp_path: Path) -> None:
    site = four_patients(make_site, make_film, CROPS)
    out = tmp_path / "out"
    run(site, out)
    linkage = pd.read_csv(out / "private" / "linkage.csv").set_index("case_id")
    table = pd.read_csv(out / "crops.csv", keep_default_na=False).set_index("case_id")
    assert list(table.index) == ["H0001", "H0002", "H0003", "H0004"]
    uids = linkage["sop_instance_uid"]
    rows = {
        uids[case]: tuple(map(str, row))
        for case, row in zip(table.index, table.to_numpy(), strict=True)
    }
    assert rows == {
        "2.25.1": ("cropped", "", "5", "9", "37", "41", "64", "80"),
        "2.25.2": ("cropped", "", "5", "9", "37", "41", "64", "80"),
        "2.25.3": ("uncroppable", "other", "", "", "", "", "64", "80"),
        "2.25.4": ("uncroppable", "quality", "", "", "", "", "64", "80"),
    }
    arrays = read_arrays(out / "crops.npz")
    cases = arrays["case_id"].tolist()
    assert cases == sorted(cases)
    assert {uids[case] for case in cases} == {"2.25.1", "2.25.2"}
    assert arrays["pixels"].shape == arrays["valid"].shape == (2, 32, 32)
    assert (str(arrays["pixels"].dtype), str(arrays["valid"].dtype)) == ("float32", "bool")
    by_uid = {uids[case]: pixels for case, pixels in zip(cases, arrays["pixels"], strict=True)}
    np.testing.assert_array_equal(by_uid["2.25.2"], PIXELS[9:41, 5:37] + 2)
    np.testing.assert_array_equal(by_uid["2.25.1"], PIXELS[9:41, 36:4:-1] + 1)
    public = (out / "crops.csv").read_text()
    assert not any(word in public for word in ("Ann", "Kim", "2.25"))
    before = (out / "crops.npz").read_bytes()
    cut_out(site, out)
    assert (out / "crops.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("crops", "problems"),
    [
        (CROPS[1:], {("crops.csv", "")}),
        ([], {("crops.csv", "")}),
        ([CROPS[0], *CROPS], {("crops.csv", "3")}),
        (["2.25.1,R,5,9,137,41,cropped,,", *CROPS[1:]], {("crops.csv", "2")}),
        (
            ["2.25.1,R,x,9,37,41,cropped,,", "2.25.2,L,0,0,99,9,cropped,,", CROPS[2]],
            {("crops.csv", "2"), ("crops.csv", "3"), ("crops.csv", "")},
        ),
        (
            ["2.25.1,R,5,9,4,41,cropped,,", "2.25.2,R,0,0,9,9,cropped,,", *CROPS[1:]],
            {("crops.csv", "2"), ("crops.csv", "3")},
        ),
    ],
)
def test_a_manifest_that_does_not_fit(
    make_site: MakeSite,
    make_film: MakeFilm,
    tmp_path: Path,
    crops: list[str],
    problems: set[tuple[str, str]],
) -> None:
    site = four_patients(make_site, make_film, crops)
    out = tmp_path / "out"
    with pytest.raises(InputError) as caught:
        run(site, out)
    assert {(p.file, str(p.row or "")) for p in caught.value.problems} == problems
    assert "2.25" not in str(caught.value)
    assert (out / "private" / "problems.csv").exists()
    assert not (out / "crops.npz").exists()


def test_films_that_cannot_be_used_are_named_by_their_row(
    make_site: MakeSite, make_film: MakeFilm, tmp_path: Path
) -> None:
    site = four_patients(
        make_site,
        make_film,
        [
            *CROPS[:2],
            "2.25.3,R,5,9,37,41,cropped,,",
            "2.25.4,L,5,9,37,41,cropped,,",
        ],
    )
    radiographs = site / "radiographs"
    (radiographs / "3.dcm").write_bytes(
        make_film(
            PIXELS,
            SOPInstanceUID="2.25.3",
            PatientID="p3",
            ImageLaterality="R",
            PresentationLUTShape="INVERSE",
        )
    )
    out = tmp_path / "out"
    with pytest.raises(InputError, match="Presentation LUT Shape"):
        run(site, out)
    (radiographs / "1.dcm").write_bytes(make_film(PIXELS))
    (radiographs / "2.dcm").unlink()
    with pytest.raises(InputError) as caught:
        cut_out(site, out)
    found = {p.row: p.expected for p in caught.value.problems}
    assert found == {
        2: "this film unchanged since the inventory was taken",
        3: "this film, as when the inventory was taken",
        4: "a Presentation LUT Shape that fits Photometric Interpretation; else mark the hip as "
        "uncroppable in crops.csv",
    }
    assert "dcm" not in str(caught.value)
    assert {p.file for p in caught.value.problems} == {"private/inventory.csv"}


def test_a_tag_that_cannot_be_read_is_not_quoted(
    make_site: MakeSite, make_film: MakeFilm, tmp_path: Path
) -> None:
    film = make_film(PIXELS, RescaleSlope="1.5", RescaleIntercept="0")
    assert film.count(b"DS\x04\x001.5 ") == 1
    broken = film.replace(b"DS\x04\x001.5 ", b"DS\x04\x00KIM ")
    with pytest.raises(InputError) as caught:
        run(make_site(radiographs={"a.dcm": broken}), tmp_path / "out")
    assert "KIM" not in str(caught.value)
