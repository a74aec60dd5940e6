import shutil

import pytest

from osteohip import provenance
from osteohip.provenance import PACKAGE, closure, code_digest


def test_closure_follows_imports_inside_functions():
    names = closure("osteohip.split.command")
    assert {
        "osteohip",
        "osteohip.config",
        "osteohip.errors",
        "osteohip.split",
        "osteohip.split.assignment",
        "osteohip.split.leakage",
        "osteohip.split.records",
    } <= set(names)
    assert not [name for name in names if name.startswith("osteohip.model")]


def test_every_module_can_be_followed():
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        assert name in closure(name)


def test_a_command_does_not_depend_on_what_its_neighbours_import():
    assert "osteohip.split.assignment" in closure("osteohip.split.command", "split")
    assert "osteohip.synthetic.command" not in closure("osteohip.split.command", "split")
    assert "osteohip.evaluation.measures" not in closure("osteohip.split.command", "overlap")
    with pytest.raises(ValueError, match="no function nonsense"):
        closure("osteohip.split.command", "nonsense")


def test_digests_differ_between_stages():
    stages = ("site.inventory", "cohort.select", "images.crop", "split.split")
    assert len({code_digest(stage) for stage in stages}) == len(stages)


def test_an_editors_own_file_beside_a_module_changes_no_digest(tmp_path, monkeypatch):
    package = shutil.copytree(PACKAGE, tmp_path / "osteohip")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    provenance._imports.cache_clear()
    code_digest.cache_clear()
    first = code_digest("split.split")
    (package / "split" / ".split.py.swp").write_bytes(b"x")
    (package / "split" / "split.py.orig").write_bytes(b"x")
    code_digest.cache_clear()
    assert code_digest("split.split") == first
    (package / "split" / "rules.md").write_bytes(b"x")
    code_digest.cache_clear()
    assert code_digest("split.split") != first
    provenance._imports.cache_clear()
    code_digest.cache_clear()
