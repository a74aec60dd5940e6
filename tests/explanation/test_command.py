import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from osteohip.config import Images
from osteohip.errors import StudyError
from osteohip.explanation.command import attend, explain
from osteohip.explanation.maps import Maps, read_maps
from osteohip.files import read_arrays, write_arrays, write_csv, write_json


@pytest.fixture(scope="session")
def explain_at(site, bundle, scored):
    """Explain the test part into a folder, as the command does."""

    def explain_into(folder: Path, **changed) -> Maps:
        options = {
            "model": bundle,
            "crops": site / "crops.npz",
            "cohort": site / "cohort.csv",
            "site_facts": site / "site.json",
            "split": site / "split.csv",
            "part": "test",
            "predictions": scored / "test.csv",
            "threshold_file": scored / "threshold.json",
            "unsealed": True,
            "out_dir": folder,
        }
        explain(**(options | changed))
        return read_maps(folder / "maps.npz")

    return explain_into


@pytest.fixture(scope="session")
def explained(explain_at, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("explanation") / "test"
    explain_at(folder)
    return folder


def test_every_case_is_mapped_in_the_class_that_it_was_called(explained, scored):
    maps = read_maps(explained / "maps.npz")
    predictions = pd.read_csv(scored / "test.csv", float_precision="round_trip")
    point = json.loads((scored / "threshold.json").read_text())["value"]
    assert maps.case_ids.tolist() == predictions["case_id"].tolist()
    assert maps.score.tolist() == predictions["score"].tolist()
    assert maps.target.tolist() == np.where(predictions["score"] >= point, 1, -1).tolist()
    assert {name: array.shape for name, array in maps.layers.items()} == {
        "block5_conv3": (8, 2, 2),
        "block4_pool": (8, 2, 2),
    }
    assert maps.randomised.shape == (8, 2, 2)
    for array in (*maps.layers.values(), maps.randomised):
        assert array.dtype == np.float32
        assert array.min() >= 0


def test_curves_run_from_the_whole_crop_to_none_of_it(explained):
    maps = read_maps(explained / "maps.npz")
    drawn = ~np.isnan(maps.deletion[:, 0])
    of_class = np.where(maps.target == 1, maps.score, 1 - maps.score)[drawn]
    np.testing.assert_allclose(maps.deletion[drawn, 0], of_class, rtol=1e-4)
    np.testing.assert_allclose(maps.insertion[drawn, -1], of_class, rtol=1e-4)
    np.testing.assert_array_equal(maps.deletion[drawn, -1], maps.insertion[drawn, 0])
    assert maps.fraction.tolist() == sorted(maps.fraction.tolist())
    assert maps.fraction[[0, -1]].tolist() == [0, 1]


def test_sanity_tells_every_layer_that_was_randomised(explained):
    sanity = json.loads((explained / "sanity.json").read_text())
    steps = [step["layer"] for step in sanity["steps"]]
    assert steps[:3] == ["logit", "head1", "block5_conv3"]
    assert steps.index("block5_conv1") + 1 == steps.index("non_local")
    assert steps[-1] == "block1_conv1"
    assert len(steps) == 16
    for step in sanity["steps"]:
        for layer in ("block5_conv3", "block4_pool"):
            found = step["maps"][layer]
            assert found["undefined"] + found["spearman"]["n"] == sanity["n"] == 8
    maps = read_maps(explained / "maps.npz")
    for name, facts in sanity["layers"].items():
        assert facts["zero"] == int((maps.layers[name].max(axis=(1, 2)) == 0).sum())
    assert sanity["left_out"] == {}


def test_the_same_inputs_give_the_same_bytes(explained, explain_at, tmp_path):
    explain_at(tmp_path)
    for name in ("maps.npz", "sanity.json"):
        assert (tmp_path / name).read_bytes() == (explained / name).read_bytes()


def test_layers_are_chosen(explain_at, tmp_path):
    maps = explain_at(tmp_path, settings='{"layers": ["block3_conv3"]}')
    assert {name: array.shape for name, array in maps.layers.items()} == {"block3_conv3": (8, 8, 8)}


def test_the_class_that_another_run_called_can_be_mapped(explained, explain_at, tmp_path):
    other = read_maps(explained / "maps.npz")
    mapped = {"predictions": None, "threshold_file": None, "called_by": explained / "maps.npz"}
    maps = explain_at(tmp_path, **mapped)
    np.testing.assert_array_equal(maps.target, other.target)
    np.testing.assert_allclose(maps.score, other.score, rtol=1e-6)
    with pytest.raises(StudyError, match=r"maps\.npz: expected the cases that are explained"):
        explain_at(tmp_path, **mapped, part="validation")


def test_scores_of_another_model_or_cohort_are_refused(explain_at, scored, tmp_path):
    table = pd.read_csv(scored / "test.csv")
    path = tmp_path / "predictions.csv"
    write_csv(path, table.assign(score=1 - table["score"]))
    with pytest.raises(StudyError, match="expected the scores of the model that is explained"):
        explain_at(tmp_path / "out", predictions=path)
    write_csv(path, table[1:])
    with pytest.raises(StudyError, match="expected the cases that are explained"):
        explain_at(tmp_path / "out", predictions=path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"predictions": None},
        {"threshold_file": None},
        {"predictions": None, "threshold_file": None},
        {"called_by": Path("maps.npz")},
    ],
)
def test_the_called_class_comes_from_one_place(explain_at, tmp_path, changed):
    with pytest.raises(StudyError, match="give --predictions and --threshold-file, or --called-by"):
        explain_at(tmp_path, **changed)


def test_synthetic_and_real_do_not_mix_unasked(explain_at, tmp_path):
    write_json(tmp_path / "site.json", {"synthetic": False})
    with pytest.raises(StudyError, match="trained on synthetic films and the site's are real"):
        explain_at(tmp_path / "out", site_facts=tmp_path / "site.json")


def test_a_bundle_that_is_not_closed_is_not_used_elsewhere(explain_at, tmp_path):
    with pytest.raises(StudyError, match=r"holds no bundle\.json"):
        explain_at(tmp_path, unsealed=False)


@pytest.fixture(scope="session")
def attended(explained, site, bundle, tmp_path_factory) -> Path:
    """What `attend` makes of the test part, with the left half of each crop as bone."""
    folder = tmp_path_factory.mktemp("attended")
    case_ids = read_arrays(site / "crops.npz")["case_id"]
    bone = np.zeros((len(case_ids), 32, 32), np.float32)
    bone[:, :, :16] = 1
    write_arrays(folder / "masks.npz", case_id=case_ids, bone=bone, cortex=bone / 4)
    attend_at(folder, explained, site, bundle, masks=folder / "masks.npz")
    return folder


def attend_at(folder: Path, explained: Path, site: Path, bundle: Path, **changed) -> None:
    cohort = pd.read_csv(site / "cohort.csv")
    write_csv(folder / "cohort.csv", cohort.assign(patient_key=cohort["case_id"] + "p", side="R"))
    options = {
        "maps": explained / "maps.npz",
        "sanity": explained / "sanity.json",
        "crops": site / "crops.npz",
        "cohort": folder / "cohort.csv",
        "model_facts": bundle / "run.json",
        "site_facts": site / "site.json",
        "border": 0.1,
        "out_dir": folder,
    }
    attend(**(options | changed))


def test_attention_is_measured_for_every_case_and_layer(attended, explained):
    maps = read_maps(explained / "maps.npz")
    table = pd.read_csv(attended / "attention.csv", keep_default_na=False)
    assert table["case_id"].tolist() == maps.case_ids.tolist() * 2
    facts = json.loads((attended / "attention.json").read_text())
    assert facts["synthetic"] is True
    assert [layer["layer"] for layer in facts["layers"]] == list(maps.layers)
    assert facts["sanity"] == json.loads((explained / "sanity.json").read_text())
    for layer in facts["layers"]:
        groups = layer["groups"]
        assert groups["all"]["n"] == len(maps)
        assert sum(groups[name]["n"] for name in ("TP", "FP", "FN", "TN")) == len(maps)
    overlays = {path.name for path in (attended / "overlays").iterdir()}
    assert overlays == {f"{case}.png" for case in maps.case_ids}


def test_the_centre_of_the_heat_is_told_from_medial_however_crops_lie(
    attended, explained, site, bundle, tmp_path
):
    arrays = read_arrays(site / "crops.npz")
    settings = Images.model_validate_json(str(arrays["settings"]))
    other = settings.model_copy(update={"mirror_right": not settings.mirror_right})
    crops = tmp_path / "crops.npz"
    write_arrays(crops, **(arrays | {"settings": np.array(other.model_dump_json())}))
    attend_at(tmp_path, explained, site, bundle, crops=crops)
    columns = ["centre_from_above", "centre_from_medial"]
    found, turned = (
        pd.read_csv(folder / "attention.csv")[columns].dropna() for folder in (attended, tmp_path)
    )
    np.testing.assert_allclose(turned["centre_from_above"], found["centre_from_above"])
    np.testing.assert_allclose(turned["centre_from_medial"], 1 - found["centre_from_medial"])


def test_the_same_again_and_pictures_of_other_cases_go(attended, explained, site, bundle, tmp_path):
    (tmp_path / "overlays").mkdir()
    (tmp_path / "overlays" / "other.png").write_bytes(b"")
    masks = attended / "masks.npz"
    attend_at(tmp_path, explained, site, bundle, masks=masks)
    made = [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert [path.name for path in made if path.name == "other.png"] == []
    assert all((tmp_path / path).read_bytes() == (attended / path).read_bytes() for path in made)


def test_masks_that_lack_a_case_are_refused(explained, site, bundle, tmp_path):
    masks = tmp_path / "masks.npz"
    few = np.zeros((1, 32, 32), np.float32)
    write_arrays(masks, case_id=np.array(["case000"]), bone=few, cortex=few)
    with pytest.raises(StudyError, match="expected a row of case"):
        attend_at(tmp_path, explained, site, bundle, masks=masks)
