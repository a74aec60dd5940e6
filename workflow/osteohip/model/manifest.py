"""The seal of a model bundle: what belongs to it, what it is for, and the digest of each file.

A digest shows that a file changed on its way; it does not show who wrote it.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_serializer

from osteohip.config import (
    CHOICES,
    Config,
    Evaluation,
    Images,
    Inventory,
    Name,
    Section,
    Selection,
)
from osteohip.errors import StudyError
from osteohip.files import write_text

MANIFEST = "bundle.json"
WEIGHTS = "weights.weights.h5"
NETWORK = "network.json"
# What training writes, what is chosen on the validation set, and what the seal adds.
TRAINED_FILES = (WEIGHTS, NETWORK, "history.csv", "run.json")
CHOSEN_FILES = ("threshold.json", "calibration.json", "triage.json")
REFERENCE = "reference.json"
BUNDLE_FILES = (*TRAINED_FILES, *CHOSEN_FILES, REFERENCE)
PURPOSE = (
    "Research: to tell from the crop of one hip on a plain AP radiograph whether DXA of that hip "
    "would find osteoporosis. Not for the care of patients."
)

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SealedFile(Section):
    """One file of a bundle."""

    bytes: Annotated[int, Field(ge=0)]
    sha256: Digest


class IntendedUse(Section):
    """What the model was made for, and the settings under which that holds.

    Parameters
    ----------
    purpose
        What it is for, as a sentence.
    inventory, selection
        Which films and patients it was developed on, and what its label means.
    images, evaluation
        How its crops are made, and how its operating points were chosen (the keys of `CHOICES`).
    """

    purpose: str = PURPOSE
    inventory: Inventory
    selection: Selection
    images: Images
    evaluation: Evaluation

    @field_serializer("evaluation")
    def _choices_alone(self, evaluation: Evaluation) -> dict[str, Any]:
        return evaluation.model_dump(mode="json", include=set(CHOICES))


class Manifest(Section):
    """The content of ``bundle.json``, which is written last and closes a bundle.

    Parameters
    ----------
    run
        Name of the run in its own study.
    synthetic
        Whether it was trained on synthetic films.
    files
        Size and digest of each of `BUNDLE_FILES`.
    digest
        Digest of all of the above, and so of the whole bundle.
    """

    format: Literal[1] = 1
    run: Name
    synthetic: bool
    intended_use: IntendedUse
    files: dict[str, SealedFile]

    digest: Digest


def seal(folder: Path, *, run: str, synthetic: bool, intended_use: IntendedUse) -> Manifest:
    """Write ``bundle.json`` over the files of a bundle.

    Raises
    ------
    StudyError
        If a file is missing.
    """
    content = {
        "format": 1,
        "run": run,
        "synthetic": synthetic,
        "intended_use": intended_use.model_dump(mode="json"),
        "files": {name: _sealed(folder / name).model_dump() for name in BUNDLE_FILES},
    }
    content["digest"] = _digest(content)
    write_text(folder / MANIFEST, _lines(content))
    return Manifest.model_validate(content)


def read_manifest(folder: Path) -> Manifest:
    """Read ``bundle.json`` and see that the files which it names are there.

    Of these the network's design alone is read, because the workflow is planned with it.

    Raises
    ------
    StudyError
        If there is no bundle, it is not complete, or ``bundle.json`` is not as it was written.
    """
    if not folder.is_dir():
        raise StudyError(f"{folder}: expected a model bundle, but there is no such folder")
    path = folder / MANIFEST
    try:
        written = path.read_bytes()
        content = json.loads(written)
        # Byte for byte: the content has its digest, and stands as it is always written.
        unchanged = content["digest"] == _digest(content) and written == _lines(content).encode()
    except FileNotFoundError:
        raise StudyError(
            f"{folder}: expected a model bundle, but it holds no {MANIFEST}, which closes a bundle"
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        unchanged = False
    if not unchanged:
        raise StudyError(f"{path}: it was changed since the bundle was closed; get it anew")
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        keys = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise StudyError(f"{path}: this version of osteohip does not understand {keys}") from None
    if set(manifest.files) != set(BUNDLE_FILES):
        raise StudyError(f"{path}: expected the files {', '.join(BUNDLE_FILES)}")
    missing = [name for name in manifest.files if not (folder / name).is_file()]
    if missing:
        raise StudyError(f"{folder}: the model bundle lacks {', '.join(missing)}; get it anew")
    if _sealed(folder / NETWORK) != manifest.files[NETWORK]:
        raise StudyError(f"{folder}: {NETWORK} changed since the bundle was closed; get it anew")
    return manifest


def check_bundle(folder: Path) -> Manifest:
    """Read every file of a bundle and refuse one that is not as it was sealed.

    Raises
    ------
    StudyError
        As `read_manifest`, or naming the files that were changed.
    """
    manifest = read_manifest(folder)
    changed = [name for name, file in manifest.files.items() if _sealed(folder / name) != file]
    if changed:
        raise StudyError(
            f"{folder}: {', '.join(changed)} changed since the bundle was closed; get it anew"
        )
    return manifest


def frozen_settings(raw: Mapping[str, Any], stated: Config, manifest: Manifest) -> dict[str, Any]:
    """Return a configuration with the settings of a bundle below what it states itself.

    Patients and films are chosen as the model was developed, unless the configuration says
    otherwise; crops and operating points are the model's own.

    Parameters
    ----------
    raw
        The configuration as Snakemake read it.
    stated
        The same, checked.

    Raises
    ------
    StudyError
        If the configuration states another crop or operating point than the model's.
    """
    use = manifest.intended_use
    own = {"images": set(Images.model_fields), "evaluation": CHOICES}
    wrong = [
        f"configuration, {section}.{key}: the model brings its own; leave this out"
        for section, keys in own.items()
        for key in sorted(getattr(stated, section).model_fields_set & keys)
        if getattr(getattr(stated, section), key) != getattr(getattr(use, section), key)
    ]
    if wrong:
        raise StudyError("\n".join(wrong))
    brought = use.model_dump(mode="json", exclude={"purpose"})
    return {**raw, **{name: {**of, **raw.get(name, {})} for name, of in brought.items()}}


def _sealed(path: Path) -> SealedFile:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return SealedFile(bytes=stream.tell(), sha256=digest)
    except OSError:
        raise StudyError(f"the model bundle lacks {path}") from None


def _digest(content: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "digest"}
    return hashlib.sha256(_lines(rest).encode()).hexdigest()


def _lines(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
