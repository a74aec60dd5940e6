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


def test_digests_differ_between_stages():
    stages = ("site", "cohort", "images", "split")
    assert len({code_digest(f"osteohip.{stage}.command") for stage in stages}) == len(stages)
