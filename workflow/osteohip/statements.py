"""What only the authors of a study can say of it: ethics, funding, setting and the like.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, Field, ValidationError

from osteohip.config import Section
from osteohip.errors import StudyError
from osteohip.writing.fonts import one_line

Text = Annotated[str, AfterValidator(one_line), Field(min_length=1)] | None


class Statements(Section):
    """The content of the file that ``statements`` of the configuration names."""

    ethics: Text = Field(
        default=None, description="the committee that approved the study, and consent or its waiver"
    )
    registration: Text = Field(
        default=None, description="register and number, or that the study is not registered"
    )
    protocol: Text = Field(default=None, description="where the protocol is, or that there is none")
    funding: Text = Field(default=None, description="who paid, and what part they had")
    conflicts: Text = Field(
        default=None, description="conflicts of interest and commercial interests of all authors"
    )
    involvement: Text = Field(
        default=None, description="what part patients and the public had, or that they had none"
    )
    data_availability: Text = Field(
        default=None, description="whether, from whom and how the data can be had"
    )
    code_availability: Text = Field(
        default=None,
        description="where the code of this study and its settings can be had, and in what version",
    )
    model_availability: Text = Field(
        default=None, description="whether the trained model can be had, and what restricts its use"
    )
    design: Text = Field(
        default=None, description="whether the data were planned beforehand or found afterwards"
    )
    setting: Text = Field(
        default=None,
        description="which hospitals, what kind and where; from when to when, and on what grounds "
        "patients had film and DXA there",
    )
    series: Text = Field(
        default=None,
        description="whether patients are consecutive, a random sample or as they came",
    )
    representativeness: Text = Field(
        default=None, description="whom these patients stand for, and whom they do not"
    )
    treatments: Text = Field(
        default=None, description="treatments for osteoporosis before and between film and DXA"
    )
    acquisition: Text = Field(
        default=None, description="how the films were taken: position, exposure, devices"
    )
    reference_standard: Text = Field(
        default=None,
        description="why DXA and these regions; devices, their quality control, the population "
        "that the T-scores refer to",
    )
    annotators: Text = Field(
        default=None,
        description="who drew the crops and noted the findings, of what groups and with what "
        "experience, instructions and software, in routine or afterwards; how far they agree, and "
        "how differences were settled",
    )
    blinding: Text = Field(
        default=None, description="what those who measured and annotated knew of the other results"
    )
    sample_size: Text = Field(default=None, description="how many patients were intended, and why")
    planned_analyses: Text = Field(
        default=None, description="which analyses were planned beforehand and which came up later"
    )
    inequalities: Text = Field(
        default=None, description="known inequalities of health between groups in this disease"
    )
    fairness: Text = Field(
        default=None, description="what was done so that no group is served worse, and why"
    )
    intended_use: Text = Field(
        default=None,
        description="for whom the model is meant, where in the care pathway, who uses it and how "
        "skilled they must be",
    )
    ethical_use: Text = Field(
        default=None, description="what using the model could do to patients, and how that is met"
    )
    errors: Text = Field(
        default=None, description="what was seen in the films that were called wrongly"
    )
    adverse_events: Text = Field(
        default=None, description="harm done by film or DXA, or that there was none"
    )
    interpretation: Text = Field(
        default=None, description="what the results mean for practice, fairness included"
    )
    next_steps: Text = Field(default=None, description="what should be studied next")


def title(statement: str) -> str:
    """Return the heading of a statement: its key as words."""
    return statement.replace("_", " ").capitalize()


def asked(statement: str) -> str:
    """Return what the authors are asked to say.

    Raises
    ------
    KeyError
        If there is no such statement.
    """
    return str(Statements.model_fields[statement].description)


def read_statements(path: Path) -> Statements:
    """Read the file of statements, YAML with one text a key.

    Raises
    ------
    StudyError
        If it cannot be read, or one sentence for each key that is wrong.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"statements: {path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise StudyError(f"statements: {path} is no YAML in UTF-8") from None
    if content is None:
        return Statements()
    if not isinstance(content, dict):
        raise StudyError(f"statements: {path}: expected keys with a text each")
    try:
        return Statements.model_validate({str(key): text for key, text in content.items()})
    except ValidationError as error:
        raise StudyError(
            "\n".join(f"statements: {path}, {_mistake(item)}" for item in error.errors())
        ) from None


def _mistake(item: object) -> str:
    assert isinstance(item, dict)
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{key}: no such statement; see docs/statements.md"
    if item["type"] == "value_error":
        return f"{key}: expected {item['ctx']['error']}"
    return f"{key}: expected a text that is not empty"
