import json

import numpy as np
import pandas as pd
import pytest

from osteohip.errors import StudyError
from osteohip.explanation.agreement import agreement_of_seeds, shuffled_beside
from osteohip.explanation.command import seeds, shuffled_labels
from osteohip.explanation.maps import Maps, write_maps
from osteohip.files import write_csv

HEAT = np.random.default_rng(0).random((8, 4, 4)).astype(np.float32)
CASES = np.array([f"case{i}" for i in range(8)])
LABELS = np.array([1, 1, 1, 1, 0, 0, 0, 0])


def maps_of(heat: np.ndarray, *, target=1, score=None, name: str = "block5_conv3") -> Maps:
    n = len(heat)
    curve = np.zeros((n, 2), dtype=np.float32)
    return Maps(
        case_ids=CASES[:n],
        score=np.linspace(1, 0, n) if score is None else score,
        target=np.full(n, target, dtype=np.int8),
        layers={name: heat.astype(np.float32)},
        randomised=heat.astype(np.float32),
        fraction=curve[0],
        deletion=curve,
        insertion=curve,
    )


def test_networks_that_see_the_same_agree_wholly():
    runs = {"a": maps_of(HEAT), "b": maps_of(3 * HEAT), "c": maps_of(HEAT)}
    found = agreement_of_seeds(runs, size=16)
    layer = found["layers"]["block5_conv3"]
    assert (found["n"], found["runs"]) == (8, ["a", "b", "c"])
    assert [pair["runs"] for pair in layer["pairs"]] == [["a", "b"], ["a", "c"], ["b", "c"]]
    for measure in ("spearman", "ssim"):
        assert layer[measure]["estimate"] == pytest.approx(1)
        assert layer[measure]["n"] == 8


def test_a_case_counts_with_the_mean_of_its_pairs():
    runs = {"a": maps_of(HEAT), "b": maps_of(HEAT), "c": maps_of(1 - HEAT)}
    layer = agreement_of_seeds(runs, size=16)["layers"]["block5_conv3"]
    assert layer["spearman"]["estimate"] == pytest.approx((1 - 1 - 1) / 3)
    assert [pair["spearman"]["estimate"] for pair in layer["pairs"]] == pytest.approx([1, -1, -1])


def test_cases_that_are_called_otherwise_are_not_compared():
    other = maps_of(HEAT)
    other.target[:3] = -1
    empty = HEAT.copy()
    empty[7] = 0
    layer = agreement_of_seeds({"a": maps_of(empty), "b": other}, size=16)["layers"]
    pair = layer["block5_conv3"]["pairs"][0]
    assert (pair["called_the_same"], pair["undefined"], pair["spearman"]["n"]) == (5, 1, 4)
    assert layer["block5_conv3"]["spearman"]["n"] == 4
    nothing = agreement_of_seeds({"a": maps_of(HEAT), "b": maps_of(HEAT, target=-1)}, size=16)
    found = nothing["layers"]["block5_conv3"]["spearman"]
    assert (found["estimate"], found["n"]) == (None, 0)
    assert found["reason"].startswith("no case that two runs call the same")


@pytest.mark.parametrize("other", [maps_of(HEAT[:7]), maps_of(HEAT, name="block4_pool")])
def test_other_cases_or_layers_are_refused(other):
    with pytest.raises(StudyError, match="expected maps of the same cases and layers"):
        agreement_of_seeds({"a": maps_of(HEAT), "b": other}, size=16)


def test_shuffled_labels_are_set_beside_the_true_ones():
    shuffled = maps_of(1 - HEAT, score=np.linspace(0, 1, 8))
    shuffled.layers["block5_conv3"][0] = 0
    found = shuffled_beside(maps_of(HEAT), shuffled, labels=LABELS, size=16)
    assert (found["auc"]["primary"]["estimate"], found["auc"]["shuffled"]["estimate"]) == (1, 0)
    layer = found["layers"]["block5_conv3"]
    assert layer["zero"] == {"primary": 0, "shuffled": 1}
    assert (layer["undefined"], layer["spearman"]["n"]) == (1, 7)
    assert layer["spearman"]["estimate"] == pytest.approx(-1)
    with pytest.raises(StudyError, match="maps of the same class"):
        shuffled_beside(maps_of(HEAT), maps_of(HEAT, target=-1), labels=LABELS, size=16)


def test_the_commands_write_what_they_compare(tmp_path):
    paths = [tmp_path / run / "test" / "maps.npz" for run in ("primary", "second")]
    for path in paths:
        write_maps(path, maps_of(HEAT))
    seeds(maps=paths, size=16, out=tmp_path / "seeds.json")
    assert json.loads((tmp_path / "seeds.json").read_text())["runs"] == ["primary", "second"]
    for wrong in (paths[:1], [paths[0], paths[0]]):
        with pytest.raises(StudyError, match="the maps of two runs or more, each once"):
            seeds(maps=wrong, size=16, out=tmp_path / "no.json")
    cohort = tmp_path / "cohort.csv"
    write_csv(cohort, pd.DataFrame({"case_id": CASES[::-1], "label": LABELS[::-1]}))
    options = {"maps": paths[0], "shuffled": paths[1], "cohort": cohort, "size": 16}
    shuffled_labels(**options, out=tmp_path / "labels.json")
    found = json.loads((tmp_path / "labels.json").read_text())
    assert found["auc"]["primary"]["estimate"] == 1
    write_csv(cohort, pd.DataFrame({"case_id": CASES[1:], "label": LABELS[1:]}))
    with pytest.raises(StudyError, match=r"cohort\.csv: expected every case"):
        shuffled_labels(**options, out=tmp_path / "no.json")
