from pathlib import Path

import pytest

from osteohip.config import (
    Config,
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


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"nonsense": 1}, "configuration, nonsense: no such key"),
        ({"seed": -1}, "configuration, seed: .*greater than or equal to 0.*found -1"),
        ({"runs": {"a b": {}}}, "configuration, runs.a b"),
        ({"synthetic": {"third": {"seed": 1}}}, "synthetic.third.recipe: Field required"),
        ({"runs": {"primary": {"network": {"widht": 1}}}}, "widht: no such key"),
        ({"split": {"validation": 0.5, "test": 0.5}}, "leave nothing to train on"),
        ({"development": "/a/busan", "external": "/b/busan"}, "same folder name: busan"),
        ({"external": "/a/test"}, "cannot be called 'test'"),
        ({"development": "/a/training"}, "cannot be called 'training'"),
        ({"development": "/a/seoul", "external": "/b/development"}, "called 'development'"),
        ({"external": "/a/our hospital"}, "'our hospital' is the site's id"),
        ({"external": "results/synthetic/third"}, "`synthetic` holds no 'third'"),
    ],
)
def test_mistakes_are_refused_by_name(raw, sentence):
    with pytest.raises(StudyError, match=sentence):
        load_config(raw)


def test_all_mistakes_come_at_once():
    with pytest.raises(StudyError) as caught:
        load_config({"nonsense": 1, "seed": "x", "images": {"size": 3}})
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("raw", "externals"),
    [
        ({}, ("results/synthetic/external",)),
        ({"development": "/data/asan"}, ()),
        ({"external": "/data/busan"}, ("/data/busan",)),
        ({"external": ["/data/a", "/data/b"]}, ("/data/a", "/data/b")),
        ({"external": []}, ()),
    ],
)
def test_external_sites(raw, externals):
    assert load_config(raw).externals == externals


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


def test_settings_survive_the_command_line():
    selection = Selection(sex=None, min_age_years=60)
    assert parse_settings(Selection, settings_json(selection)) == selection
    assert parse_settings(Selection, None) == Config().selection
    with pytest.raises(StudyError, match="configuration: Invalid JSON"):
        parse_settings(Selection, "{")
