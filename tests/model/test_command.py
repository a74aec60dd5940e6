import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from osteohip.config import Images, settings_json
from osteohip.errors import StudyError
from osteohip.files import read_arrays, write_arrays, write_csv, write_json
from osteohip.model.command import predict

BUNDLE_FILES = {
    "weights.weights.h5",
    "network.json",
    "history.csv",
    "run.json",
}


def score(site: Path, bundle: Path, out: Path, **changed) -> pd.DataFrame:
    options = {
        "model": bundle,
        "crops": site / "crops.npz",
        "cohort": site / "cohort.csv",
        "site_facts": site / "site.json",
        "out": out,
        "unsealed": True,
    }
    predict(**(options | changed))
    return pd.read_csv(out)


def test_same_seed_gives_the_same_bytes(bundle, train_at, tmp_path):
    train_at(tmp_path / "again")
    assert {path.name for path in bundle.iterdir()} == BUNDLE_FILES
    for name in BUNDLE_FILES:
        assert (bundle / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_bundle_tells_what_was_done(bundle):
    run = json.loads((bundle / "run.json").read_text())
    assert run["synthetic"] is True
    assert run["seed"] == 7
    assert run["n"] == {"training": 48, "validation": 8, "test": 8}
    assert run["device"] == "cpu"
    assert {"python", "keras", "numpy", run["backend"]} <= set(run["versions"])
    history = pd.read_csv(bundle / "history.csv")
    assert list(history) == ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]
    assert history["epoch"].tolist() == [1, 2]
    assert run["best_epoch"] == 1 + int(history["validation_accuracy"].argmax())


def test_what_is_not_the_default_is_told(train_at, tmp_path):
    train_at(tmp_path / "half", device="auto", precision="bfloat16", training='{"epochs": 1}')
    run = json.loads((tmp_path / "half" / "run.json").read_text())
    assert (run["device"], run["precision"]) == ("cpu", "bfloat16")


def test_speed_is_no_part_of_the_bundle(bundle):
    speed = json.loads((bundle.parent / "primary.speed.json").read_text())
    assert set(speed) == {"images_per_second", "seconds", "epochs", "peak_memory_bytes"}
    assert all(value > 0 for value in speed.values())


def test_every_crop_is_scored(site, bundle, tmp_path):
    found = score(site, bundle, tmp_path / "p.csv")
    cohort = pd.read_csv(site / "cohort.csv").set_index("case_id")["label"]
    assert found["case_id"].tolist() == sorted(set(cohort.index) - {"uncropped"})
    assert found["label"].tolist() == cohort[found["case_id"]].tolist()
    assert found["score"].between(0, 1).all()
    assert found["score"].nunique() > 50


def test_a_part_is_scored_alone_with_the_same_scores(site, bundle, tmp_path):
    found = score(site, bundle, tmp_path / "p.csv", split=site / "split.csv", part="test")
    split = pd.read_csv(site / "split.csv")
    assert found["case_id"].tolist() == sorted(split.loc[split["part"] == "test", "case_id"])
    everyone = score(site, bundle, tmp_path / "all.csv").set_index("case_id")["score"]
    np.testing.assert_allclose(found["score"], everyone[found["case_id"]], atol=1e-6, rtol=0)


def test_synthetic_and_real_do_not_mix_unasked(site, bundle, tmp_path):
    write_json(tmp_path / "site.json", {"synthetic": False})
    facts = tmp_path / "site.json"
    with pytest.raises(StudyError, match="trained on synthetic films and the site's are real"):
        score(site, bundle, tmp_path / "p.csv", site_facts=facts)
    assert not (tmp_path / "p.csv").exists()
    score(site, bundle, tmp_path / "p.csv", site_facts=facts, allow_mixing=True)


def test_a_real_model_does_not_meet_synthetic_films(site, bundle, tmp_path):
    real = shutil.copytree(bundle, tmp_path / "real")
    run = json.loads((real / "run.json").read_text())
    write_json(real / "run.json", run | {"synthetic": False})
    with pytest.raises(StudyError, match="trained on real films and the site's are synthetic"):
        score(site, real, tmp_path / "p.csv")


def test_crops_of_another_size_are_refused(site, bundle, tmp_path):
    arrays = read_arrays(site / "crops.npz")
    write_arrays(
        tmp_path / "crops.npz",
        case_id=arrays["case_id"],
        pixels=np.tile(arrays["pixels"], (2, 2)),
        valid=np.tile(arrays["valid"], (2, 2)),
        settings=np.array(settings_json(Images(size=64))),
    )
    with pytest.raises(StudyError, match=r"with images\.size: 64 instead of 32"):
        score(site, bundle, tmp_path / "p.csv", crops=tmp_path / "crops.npz")


def test_crops_made_otherwise_are_refused(site, bundle, tmp_path):
    arrays = read_arrays(site / "crops.npz")
    other = settings_json(Images(size=32, mirror_right=False))
    write_arrays(tmp_path / "crops.npz", **{**arrays, "settings": np.array(other)})
    with pytest.raises(StudyError, match=r"with images\.mirror_right: false instead of true"):
        score(site, bundle, tmp_path / "p.csv", crops=tmp_path / "crops.npz")
    unsaid = {name: array for name, array in arrays.items() if name != "settings"}
    wrong = np.array(settings_json(Images(size=64)))
    for content in (unsaid, {**unsaid, "settings": wrong}):
        write_arrays(tmp_path / "crops.npz", **content)
        with pytest.raises(StudyError, match="expected the settings that the crops were made with"):
            score(site, bundle, tmp_path / "p.csv", crops=tmp_path / "crops.npz")


def test_a_bundle_that_is_not_closed_is_not_used_elsewhere(site, bundle, tmp_path):
    with pytest.raises(StudyError, match=r"holds no bundle\.json, which closes a bundle"):
        score(site, bundle, tmp_path / "p.csv", unsealed=False)


@pytest.mark.parametrize("given", [{"part": "test"}, {"split": Path("split.csv")}])
def test_split_and_part_come_together(site, bundle, tmp_path, given):
    with pytest.raises(StudyError, match="--split and --part together"):
        score(site, bundle, tmp_path / "p.csv", **given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"crops": Path("nowhere.npz")}, "there is no file nowhere.npz"),
        ({"cohort": Path("nowhere.csv")}, "there is no file nowhere.csv"),
        ({"split": Path("nowhere.csv")}, "there is no file nowhere.csv"),
        ({"site_facts": Path("nowhere.json")}, "there is no file nowhere.json"),
        ({"images": '{"size": 64}'}, "images.size: 32 instead of 64"),
        ({"network": '{"wide": 1}'}, "wide"),
        ({"device": "gpu"}, "a GPU is asked for"),
    ],
)
def test_training_refuses_in_one_sentence(train_at, tmp_path, changed, message):
    with pytest.raises(StudyError, match=message):
        train_at(tmp_path / "model", **changed)
    assert not (tmp_path / "model").exists()


def test_a_part_of_one_class_is_refused(site, train_at, tmp_path):
    cohort = pd.read_csv(site / "cohort.csv")
    write_csv(tmp_path / "cohort.csv", cohort.assign(label=0))
    with pytest.raises(StudyError, match="training part of the split holds one class only"):
        train_at(tmp_path / "model", cohort=tmp_path / "cohort.csv")
