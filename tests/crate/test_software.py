"""Software from the locks."""

from importlib.metadata import version
from pathlib import Path

from osteohip.crate.software import Package, locked_packages

OWN = """numpy==0.1 \\
    --hash=sha256:00
colorama==0.4 ; sys_platform == 'win32' \\
    --hash=sha256:01
"""
OTHER = """numpy==0.2 \\
    --hash=sha256:02
nvidia-cudnn==9.1 ; sys_platform == 'linux' \\
    --hash=sha256:03
keras[x]==3.9
"""


def test_own_packages_as_installed_and_others_as_locked(tmp_path: Path) -> None:
    own, other = tmp_path / "cpu.txt", tmp_path / "gpu.txt"
    own.write_text(OWN)
    other.write_text(OTHER)
    numpy = Package("numpy", version("numpy"), f"pkg:pypi/numpy@{version('numpy')}")
    assert locked_packages([own]) == [numpy]
    found = {(package.name, package.version) for package in locked_packages([own, other])}
    assert found == {
        ("numpy", version("numpy")),
        ("numpy", "0.2"),
        ("nvidia-cudnn", "9.1"),
        ("keras", "3.9"),
    }
