"""A bundle is closed over all its files, and a changed byte in any of them is refused."""

import json
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from osteohip.config import CHOICES, load_config
from osteohip.errors import StudyError
from osteohip.files import write_json
from osteohip.handover.command import receive
from osteohip.model.manifest import (
    BUNDLE_FILES,
    MANIFEST,
    IntendedUse,
    check_bundle,
    frozen_settings,
    read_manifest,
    seal,
)

STUDY = load_config(
    {
        "images": {"size": 64},
        "selection": {"sex": None},
        "evaluation": {"threshold": 0.4, "prevalences": [0.5]},
    }
)
USE = IntendedUse(
    inventory=STUDY.inventory,
    selection=STUDY.selection,
    images=STUDY.images,
    evaluation=STUDY.evaluation,
)


def content(name: str) -> bytes:
    return f"the content of {name}".encode()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "a model"
    folder.mkdir()
    for name in BUNDLE_FILES:
        (folder / name).write_bytes(content(name))
    seal(folder, run="primary", synthetic=True, intended_use=USE)
    return folder


def test_what_a_bundle_says_of_itself(bundle):
    found = check_bundle(bundle)
    assert (found.run, found.synthetic) == ("primary", True)
    assert found.intended_use.selection.sex is None
    assert found.intended_use.images.size == 64
    assert "Not for the care of patients" in found.intended_use.purpose
    written = json.loads((bundle / MANIFEST).read_text())
    assert set(written["intended_use"]["evaluation"]) == CHOICES
    assert set(written["files"]) == set(BUNDLE_FILES)


def test_closing_again_gives_the_same_bytes(bundle):
    before = (bundle / MANIFEST).read_bytes()
    seal(bundle, run="primary", synthetic=True, intended_use=USE)
    assert (bundle / MANIFEST).read_bytes() == before


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_a_changed_byte_in_a_file_is_refused(bundle, name):
    data = bytearray((bundle / name).read_bytes())
    data[3] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(StudyError, match=rf"a model: {name} changed since the bundle was closed"):
        check_bundle(bundle)


def test_the_design_that_the_workflow_is_planned_with_is_checked_at_once(bundle):
    (bundle / "network.json").write_text("{}")
    with pytest.raises(StudyError, match=r"network\.json changed since the bundle was closed"):
        read_manifest(bundle)


def test_a_run_with_a_name_that_a_shell_would_read_is_refused(bundle):
    with pytest.raises(ValidationError, match="run"):
        seal(bundle, run="x; touch stolen #", synthetic=True, intended_use=USE)


def test_other_line_ends_are_a_change(bundle):
    path = bundle / MANIFEST
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(StudyError, match="changed since the bundle was closed"):
        read_manifest(bundle)


def test_a_changed_byte_anywhere_in_the_manifest_is_refused(bundle):
    path = bundle / MANIFEST
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(StudyError, match="changed since the bundle was closed"):
            read_manifest(bundle)
    path.write_bytes(data + b"\n")
    with pytest.raises(StudyError, match="changed since the bundle was closed"):
        read_manifest(bundle)


@pytest.mark.parametrize("name", [*BUNDLE_FILES, MANIFEST])
def test_a_missing_file_is_refused_before_anything_runs(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(StudyError, match=name):
        read_manifest(bundle)


def test_no_folder_is_no_bundle(tmp_path):
    with pytest.raises(StudyError, match="expected a model bundle, but there is no such folder"):
        read_manifest(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "does not understand format"),
        ({"news": 1}, "does not understand news"),
        ({"files": {"../../etc/passwd": {"bytes": 1, "sha256": "0" * 64}}}, "expected the files"),
    ],
)
def test_a_bundle_of_another_kind_is_refused(bundle, change, message):
    from osteohip.model.manifest import _digest, _lines

    changed = json.loads((bundle / MANIFEST).read_text()) | change
    changed["digest"] = _digest(changed)
    (bundle / MANIFEST).write_text(_lines(changed))
    with pytest.raises(StudyError, match=message):
        read_manifest(bundle)


def test_a_bundle_is_not_closed_over_a_missing_file(bundle):
    (bundle / "triage.json").unlink()
    with pytest.raises(StudyError, match=r"lacks .*triage\.json"):
        seal(bundle, run="primary", synthetic=True, intended_use=USE)


def test_receiving_copies_all_files_as_they_are(bundle, tmp_path):
    (bundle / "notes.txt").write_text("not part of it")
    receive(model=bundle, out_dir=tmp_path / "here")
    found = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert found == {
        **{name: content(name) for name in BUNDLE_FILES},
        MANIFEST: (bundle / MANIFEST).read_bytes(),
    }


def test_a_changed_bundle_is_not_received(bundle, tmp_path):
    (bundle / "threshold.json").write_text("{}")
    with pytest.raises(StudyError, match=r"threshold\.json changed"):
        receive(model=bundle, out_dir=tmp_path / "here")
    assert not (tmp_path / "here").exists()


def frozen(bundle: Path, **raw):
    raw = {"model": str(bundle), "external": "/data/busan", **raw}
    stated = load_config(raw)
    return load_config(frozen_settings(raw, stated=stated, manifest=read_manifest(bundle)))


def test_a_received_model_brings_its_settings(bundle):
    study = frozen(bundle, development="/data/asan", runs={"x": {"seed": 3}})
    assert study.images.size == 64
    assert study.selection.sex is None
    assert study.evaluation.threshold == 0.4
    assert study.evaluation.prevalences == load_config({}).evaluation.prevalences
    assert study.sites == ("/data/busan",)
    assert (study.trained, study.ensembles) == ((), {})
    assert study.reported().split is None


def test_patients_may_be_chosen_otherwise_and_the_rest_stays_the_models(bundle):
    study = frozen(bundle, selection={"max_days_between": 90}, images={"size": 64})
    assert study.selection.max_days_between == 90
    assert study.selection.sex is None


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        ({"images": {"size": 96}}, ["images.size"]),
        (
            {"images": {"mirror_right": False}, "evaluation": {"threshold": 0.6}},
            ["images.mirror_right", "evaluation.threshold"],
        ),
    ],
)
def test_crops_and_operating_point_are_the_models_own(bundle, raw, keys):
    with pytest.raises(StudyError) as caught:
        frozen(bundle, **raw)
    assert str(caught.value).splitlines() == [
        f"configuration, {key}: the model brings its own; leave this out" for key in keys
    ]


def test_a_copied_bundle_stays_closed(bundle, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    assert check_bundle(copy) == check_bundle(bundle)
    write_json(copy / "more.json", {})
    check_bundle(copy)
