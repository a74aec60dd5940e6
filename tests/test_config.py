from pathlib import Path

import pytest
import yaml

from osteohip.config import (
    Config,
    Plans,
    Selection,
    Training,
    load_config,
    parse_settings,
    settings_json,
)
from osteohip.config_reference import updated
from osteohip.errors import StudyError

ROOT = Path(__file__).resolve().parents[1]


def test_reference_in_the_readme_is_current():
    readme = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    assert readme == updated(readme), "run `make reference`"


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"nonsense": 1}, "nonsense: no such key; see config/README.md"),
        ({3: 1}, "3: expected text as a key (found 3)"),
        ({"seed": -1}, "seed: expected a number of at least 0 (found -1)"),
        ({"seed": "x"}, "seed: expected a whole number (found 'x')"),
        ({"seed": 1.5}, "seed: expected a whole number (found 1.5)"),
        ({"seed": True}, "seed: expected a number (found True)"),
        ({"seed": None}, "seed: expected a whole number"),
        ({"images": 3}, "images: expected keys with values below it (found 3)"),
        ({"images": {"size": 3}}, "images.size: expected a number of at least 32 (found 3)"),
        ({"images": {"mirror_right": 1}}, "images.mirror_right: expected true or false (found 1)"),
        ({"explanation": {"layers": []}}, "explanation.layers: expected at least 1 in the list"),
        ({"explanation": {"border": 0.5}}, "explanation.border: expected a number below 0.5"),
        (
            {
                "explanation": {"layers": ["before_non_local"]},
                "runs": {"primary": {"network": {"non_local_after": None}}},
            },
            "explanation: expected another layer too, since the network of `primary` has no",
        ),
        ({"device": "tpu"}, "device: expected 'auto', 'cpu' or 'gpu' (found 'tpu')"),
        (
            {"selection": {"label_t_score": NAN}},
            "selection.label_t_score: expected a finite number",
        ),
        ({"selection": {"label_t_score": "nan"}}, "selection.label_t_score: expected a finite"),
        ({"selection": {"label_t_score": True}}, "selection.label_t_score: expected a number"),
        ({"selection": {"min_age_years": INFINITE}}, "selection.min_age_years: expected a finite"),
        ({"selection": {"min_age_years": False}}, "selection.min_age_years: expected a number"),
        ({"network": {"head_units": [64, True]}}, "network.head_units: expected a number"),
        (
            {"network": {"head_units": [64, 0]}},
            "network.head_units.1: expected a number of at least 1",
        ),
        (
            {"inventory": {"modalities": ["CR", "CR"]}},
            "inventory.modalities: expected each entry once, 'CR' is there twice",
        ),
        (
            {"inventory": {"modalities": []}},
            "inventory.modalities: expected at least 1 in the list",
        ),
        ({"inventory": {"modalities": "CR"}}, "inventory.modalities: expected a list (found 'CR')"),
        (
            {"selection": {"label_regions": ["wards", "total_hip", "wards"]}},
            "selection.label_regions: expected each entry once, 'wards' is there twice",
        ),
        (
            {"training": {"augmentations": ["blur", "blur"]}},
            "training.augmentations: expected each entry once, 'blur' is there twice",
        ),
        ({"external": ["/a/x", "/a/x"]}, "external: expected each entry once, '/a/x' is there"),
        (
            {"external": 3},
            "external: expected the path of a folder, or a list of such paths (found",
        ),
        ({"external": ["/a/x", 3]}, "external: expected the path of a folder, or a list of such"),
        ({"external": ""}, "external: the folder's name is the site's id"),
        ({"runs": {"a b": {}}}, "runs.a b: expected a name of letters A to Z, digits, - and _"),
        ({"runs": {"Shuffled-Labels": {}}}, "runs: no run can be called Shuffled-Labels: that is"),
        ({"runs": {"x": {"seeds": 1}}}, "runs.x.seeds: no such key"),
        ({"runs": {"x": {"network": {"widht": 1}}}}, "runs.x.network.widht: no such key"),
        ({"runs": {"seed2": {"training": {"epoch": 3}}}}, "runs.seed2.training.epoch: no such key"),
        (
            {"runs": {"x": {"training": {"epochs": True}}}},
            "runs.x.training.epochs: expected a number (found True)",
        ),
        (
            {"runs": {"x": {"network": {"initial_weights": {"path": "w.h5", "sha256": "0" * 64}}}}},
            "runs.x.network: initial_weights are those of VGG16 and need width: 1.0",
        ),
        (
            {"synthetic": {"third": {"seed": 1, "patients": 20}}},
            "synthetic.third.recipe: expected a value, for it has no default",
        ),
        ({"split": {"validation": 0.5, "test": 0.5}}, "split: validation and test leave nothing"),
        ({"development": "/a/busan", "external": "/b/busan"}, "same folder name: busan"),
        ({"development": "/a/Busan", "external": "/b/busan"}, "same folder name: Busan, busan"),
        ({"external": "/a/test"}, "external: a site cannot be called 'test'"),
        ({"development": "/a/training"}, "development: a site cannot be called 'training'"),
        ({"development": "/a/seoul", "external": "/b/development"}, "called 'development'"),
        ({"external": "/a/our hospital"}, "which 'our hospital' does not"),
        ({"external": "/a/부산"}, "which '부산' does not"),
        ({"external": f"/a/{'a' * 41}"}, "40 at most"),
        ({"external": "/a/Test"}, "cannot be called 'Test'"),
        (
            {"external": "results/synthetic/third"},
            "synthetic: results/synthetic/third is to be made",
        ),
        ({"model": "/m"}, "external: a model is validated at external sites: name them"),
        ({"model": "/m", "external": []}, "external: a model is validated at external sites"),
        (
            {"readers": {"names": ["Kim", "김"]}},
            "readers.names.1: expected a name of letters A to Z, digits, - and _ (found '김')",
        ),
        (
            {"readers": {"names": ["Kim", "kim"]}},
            "readers.names: two readers have the same name: Kim, kim",
        ),
        ({"readers": {"names": []}}, "readers.names: expected at least 1 in the list"),
        ({"readers": {"decoys": 0.4}}, "readers.decoys: expected a number of at most 0.3"),
        ({"readings": ""}, "readings: expected text that is not empty"),
        ({"model": ""}, "model: expected text that is not empty (found '')"),
        (
            {"model": "/m", "external": "results/synthetic/development"},
            "external: an external site cannot be called 'development'",
        ),
    ],
)
def test_mistakes_are_refused_by_name(raw, sentence):
    with pytest.raises(StudyError) as caught:
        load_config(raw)
    assert str(caught.value).startswith("configuration, ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_mistakes_come_at_once():
    raw = {
        "nonsense": 1,
        "seed": "x",
        "images": {"size": 3},
        "development": "/a/asan",
        "external": ["/b/asan", "/b/busan"],
        "split": {"validation": 0.6, "test": 0.6},
        "runs": {"primary": {"seed": -1}, "x": {"network": {"widht": 1, "width": 2}}},
    }
    with pytest.raises(StudyError) as caught:
        load_config(raw)
    keys = [line.split(":")[0] for line in str(caught.value).splitlines()]
    assert keys == [
        f"configuration, {key}"
        for key in (
            "external",
            "seed",
            "images.size",
            "split",
            "runs.primary.seed",
            "runs.x.network.width",
            "runs.x.network.widht",
            "nonsense",
        )
    ]


@pytest.mark.parametrize(
    ("raw", "externals"),
    [
        ({}, ("results/synthetic/external",)),
        ({"development": "/data/asan"}, ()),
        ({"external": "/data/busan"}, ("/data/busan",)),
        ({"external": ["/data/a", "/data/b"]}, ("/data/a", "/data/b")),
        ({"external": []}, ()),
        ({"model": "/m", "external": "/data/busan"}, ("/data/busan",)),
    ],
)
def test_external_sites(raw, externals):
    assert load_config(raw).externals == externals


def test_readers_of_films_of_patients_are_persons():
    assert Config().reader_names(synthetic=True) == ("simulated-1", "simulated-2")
    assert Config().reader_names(synthetic=False) == ("reader-1", "reader-2")
    named = load_config({"readers": {"names": ["KCH", "Simulated"]}})
    assert named.reader_names(synthetic=True) == ("KCH", "Simulated")
    with pytest.raises(StudyError, match=r"readers\.names: expected names of persons.*'Simulated'"):
        named.reader_names(synthetic=False)


def test_runs_override_network_and_training():
    config = load_config(
        {
            "training": {"epochs": 3},
            "runs": {"primary": {}, "plain": {"network": {"non_local_after": None}, "seed": 2}},
        }
    )
    assert config.run_network("primary").non_local_after == "block4"
    assert config.run_network("plain").non_local_after is None
    assert config.run_training("plain") == Training(epochs=3)


def test_named_entries_are_added_to_the_default_ones():
    config = load_config(
        {"runs": {"plain": {"seed": 2}}, "synthetic": {"external": {"patients": 20}}}
    )
    assert {name: run.seed for name, run in config.runs.items()} == {"primary": 1, "plain": 2}
    assert config.synthetic["external"].patients == 20
    assert config.synthetic["external"].recipe == "external"
    assert set(config.synthetic) == {"development", "external"}


def test_numbers_may_come_as_text_as_snakemake_hands_them_on():
    assert load_config({"training": {"epochs": "3"}}).training.epochs == 3


def test_a_given_model_leaves_development_and_runs_aside():
    asan = "/data/asan"
    runs = {"x": {"seed": 3}}
    study = load_config({"model": "/m", "external": asan, "development": asan, "runs": runs})
    assert study.sites == ("/data/asan",)
    assert (study.trained, study.ensembles, study.reported().split) == ((), {}, None)


def test_what_is_reported_holds_no_path_and_only_configured_sites():
    weights = {"path": "/elsewhere/vgg16.h5", "sha256": "0" * 64}
    raw = {
        "development": "/data/asan",
        "external": ["/data/busan", "results/synthetic/third"],
        "network": {"width": 1.0, "initial_weights": weights},
        "synthetic": {"third": {"recipe": "external", "patients": 20, "seed": 1}},
    }
    reported = load_config(raw).reported()
    assert set(reported.synthetic) == {"third"}
    assert "/" not in settings_json(reported)
    raw["synthetic"]["fourth"] = raw["synthetic"]["third"]
    assert load_config({**raw, "device": "gpu", "allow_mixing": True}).reported() == reported


def test_settings_survive_the_command_line():
    selection = Selection(sex=None, min_age_years=60)
    assert parse_settings(Selection, settings_json(selection)) == selection
    assert parse_settings(Selection, None) == Config().selection
    with pytest.raises(StudyError, match="configuration: Invalid JSON"):
        parse_settings(Selection, "{")


ABLATION = {
    "with-2": {"seed": 2},
    "without-1": {"network": {"non_local_after": None}},
    "without-2": {"seed": 2, "network": {"non_local_after": None}},
    "both": {"ensemble": ["primary", "with-2"]},
    "mixed": {"ensemble": ["primary", "without-2"]},
}


def test_runs_of_one_variant_differ_in_the_seed_alone():
    config = load_config({"runs": ABLATION})
    assert config.trained == ("primary", "with-2", "without-1", "without-2")
    plans = {plan.name: plan for plan in config.plans().runs}
    assert plans["primary"].variant == plans["with-2"].variant == plans["both"].variant == ""
    assert plans["without-1"].variant == "network.non_local_after: null"
    assert plans["both"].seeds == (1, 2)
    assert plans["mixed"].variant is None
    assert parse_settings(Plans, settings_json(config.plans())) == config.plans()


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ({"e": {"ensemble": ["primary"]}}, "runs.e.ensemble: expected at least 2 in the list"),
        ({"e": {"ensemble": ["primary", "x"]}}, "the ensemble e takes x, which is not the name of"),
        (
            {"e": {"ensemble": ["primary", "with-2"]}, "f": {"ensemble": ["e", "primary"]}},
            "the ensemble f takes e, which is not the name of a run that is trained",
        ),
        (
            {"e": {"ensemble": ["primary", "with-2"], "seed": 3}},
            "runs.e: an ensemble is not trained and has no seed of its own",
        ),
        (
            {"primary": {"ensemble": ["with-2", "without-1"]}},
            "`primary` is the model that is handed",
        ),
        ({"again": {"seed": 2}}, "the runs with-2 and again have the same seed and settings"),
    ],
)
def test_ensembles_are_of_trained_runs_and_runs_differ(runs, sentence):
    with pytest.raises(StudyError) as caught:
        load_config({"runs": ABLATION | runs})
    assert sentence in str(caught.value)


def test_the_ablation_has_five_seeds_with_the_block_and_five_without():
    config = load_config(yaml.safe_load((ROOT / "config" / "ablation.yaml").read_text()))
    seeds = {}
    for plan in config.plans().runs:
        if plan.ensemble is None:
            seeds.setdefault(plan.variant, []).append(plan.seeds)
    five = [(seed,) for seed in range(1, 6)]
    assert seeds == {"": five, "network.non_local_after: null": five}
    assert all(len(members) == 5 for members in config.ensembles.values())


def test_the_check_with_shuffled_labels_is_the_primary_but_for_its_labels():
    study = load_config(
        {
            "network": {"width": 0.5},
            "runs": {
                "primary": {"seed": 9, "network": {"dropout": 0.5}, "training": {"epochs": 7}}
            },
        }
    )
    assert study.run_network("shuffled-labels") == study.run_network("primary")
    assert study.run_seed("shuffled-labels") == 9
    trained = study.run_training("primary")
    assert trained.shuffle_labels is False
    assert study.run_training("shuffled-labels") == trained.model_copy(
        update={"shuffle_labels": True}
    )
    assert "shuffled-labels" not in study.trained


def test_runs_of_one_variant_are_told_by_their_seeds():
    runs = {
        "second": {"seed": 2},
        "deeper": {"seed": 3, "network": {"head_units": [8]}},
        "all": {"ensemble": ["primary", "second"]},
    }
    study = load_config({"runs": runs})
    assert study.seeds_of("primary") == study.seeds_of("second") == ("primary", "second")
    assert study.seeds_of("deeper") == ("deeper",)
