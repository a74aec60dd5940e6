"""A mistake in the configuration costs one plain sentence, before anything runs."""

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"extrenal": "x"}, "configuration, extrenal: no such key"),
        ({"training": {"epoch": 3}}, "configuration, training.epoch: no such key"),
        (
            {"images": {"size": "big"}},
            "configuration, images.size: expected a whole number (found 'big')",
        ),
        ({"external": "nowhere"}, "nowhere: expected a site folder, but there is no such folder"),
    ],
)
def test_mistakes_name_their_key(config, sentence, make_checkout, run_snakemake, tmp_path):
    result = run_snakemake(make_checkout(tmp_path / "study", config), "--dry-run")
    assert result.returncode != 0
    assert sentence in result.stdout
    assert "Traceback" not in result.stdout


def real_site(folder: Path, *, synthetic: bool = False) -> Path:
    (folder / "radiographs").mkdir(parents=True)
    (folder / "radiographs" / "a.dcm").write_bytes(b"no film")
    (folder / "site.yaml").write_text(f"name: Busan\nsynthetic: {str(synthetic).lower()}\n")
    for table in ("patients", "dxa", "findings", "crops"):
        (folder / f"{table}.csv").write_text("header\nrow\n")
    return folder


def test_empty_folder_is_no_site(make_checkout, run_snakemake, tmp_path):
    (tmp_path / "busan").mkdir()
    result = run_snakemake(
        make_checkout(tmp_path / "study", {"external": str(tmp_path / "busan")}), "--dry-run"
    )
    assert result.returncode != 0
    assert "expected a site folder, but it holds no site.yaml" in result.stdout


def test_synthetic_model_never_meets_real_films(make_checkout, run_snakemake, tmp_path):
    site = real_site(tmp_path / "busan")
    result = run_snakemake(make_checkout(tmp_path / "study", {"external": str(site)}), "--dry-run")
    assert result.returncode != 0
    assert "set allow_mixing: true" in result.stdout


def test_external_site_is_swapped_by_one_path(make_checkout, run_snakemake, tmp_path):
    site = real_site(tmp_path / "busan", synthetic=True)
    folder = make_checkout(tmp_path / "study", {})
    result = run_snakemake(folder, "--dry-run", "--config", f"external={site}")
    assert result.returncode == 0, result.stdout
    assert "Taking stock of the films of busan" in result.stdout
    assert "of external" not in result.stdout
    assert "Reason:" not in result.stdout
    assert "osteohip inventory" not in result.stdout


def test_real_development_site_has_no_external_site_by_default(
    make_checkout, run_snakemake, tmp_path
):
    site = real_site(tmp_path / "asan")
    result = run_snakemake(
        make_checkout(tmp_path / "study", {"development": str(site)}), "--dry-run"
    )
    assert result.returncode == 0, result.stdout
    assert "Making the synthetic site" not in result.stdout


def test_films_of_patients_are_read_by_persons(make_checkout, run_snakemake, tmp_path):
    site = real_site(tmp_path / "asan")
    folder = make_checkout(tmp_path / "study", {"development": str(site)})
    # With the reasons, which name the files.
    result = run_snakemake(folder, "--dry-run", "--quiet", "host")
    assert result.returncode == 0, result.stdout
    assert "readers/primary/test/reader-1.html" in result.stdout
    assert "simulated-1" not in result.stdout
    result = run_snakemake(folder, "--dry-run", "--config", "readers={names: [simulated-1]}")
    assert result.returncode != 0
    assert "configuration, readers.names: expected names of persons" in result.stdout
