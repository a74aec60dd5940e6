"""The one typed model of the configuration: defaults, checks and documentation come from it.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from osteohip.errors import StudyError

Region = Literal["total_hip", "femoral_neck", "trochanter", "intertrochanter", "wards"]
OtherDisease = Literal["osteonecrosis", "tumour", "calcific_tendinitis"]
Modality = Literal["CR", "DX", "RF", "OT"]
Augmentation = Literal["original", "blur", "sharpen", "shear", "rotate"]

SITE_ID = re.compile(r"[A-Za-z0-9_-]+")
RESERVED_IDS = ("training", "validation", "test")
SYNTHETIC_FOLDER = Path("results/synthetic")
DEFAULT_DEVELOPMENT = SYNTHETIC_FOLDER / "development"
DEFAULT_EXTERNAL = SYNTHETIC_FOLDER / "external"


class Section(BaseModel):
    """Base of all sections: unknown keys are refused, and nothing changes.

    Numbers may come as text, because Snakemake hands on what stands inside braces after
    ``--config`` as text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


SectionT = TypeVar("SectionT", bound=Section)


class Synthetic(Section):
    """One synthetic site below `results/synthetic/`."""

    recipe: Literal["development", "external"] = Field(
        description="which population, scanners and difficulty the generator takes"
    )
    patients: Annotated[int, Field(ge=20)] = Field(
        description="hips in the final cohort; the patients that the criteria exclude come on top"
    )
    seed: Annotated[int, Field(ge=0)] = Field(description="seed of the generator")


class Inventory(Section):
    """Which files under `radiographs/` are films of this study."""

    modalities: list[Modality] = Field(
        default=["CR", "DX"],
        min_length=1,
        description="accepted DICOM modalities; RF and OT only where a hospital stores films so",
    )


class Selection(Section):
    """The paper's three inclusion and five exclusion criteria, and the reference standard."""

    min_age_years: Annotated[float, Field(ge=0)] | None = Field(
        default=55.0, description="inclusion 1: age on the day of the film; null takes all ages"
    )
    sex: Literal["F", "M"] | None = Field(
        default="F", description="inclusion 2: sex; null takes both"
    )
    max_days_between: Annotated[int, Field(ge=0)] = Field(
        default=31, description="inclusion 3: days between film and DXA of the same hip, at most"
    )
    exclude_osteoarthritis: bool = Field(
        default=True, description="exclusion 1: osteoarthritis of the hip"
    )
    exclude_diseases: list[OtherDisease] = Field(
        default=["osteonecrosis", "tumour", "calcific_tendinitis"],
        description="exclusion 2: other diseases that bias DXA; an empty list excludes none",
    )
    exclude_operated_hip: bool = Field(default=True, description="exclusion 3: operated hip")
    exclude_foreign_body: bool = Field(
        default=True, description="exclusion 4: foreign body on the side of the DXA"
    )
    exclude_other_institution: bool = Field(
        default=True, description="exclusion 5: film or DXA from another hospital"
    )
    label_regions: list[Region] = Field(
        default=["femoral_neck", "total_hip"],
        min_length=1,
        description="regions of which the lowest T-score makes the label",
    )
    label_t_score: float = Field(
        default=-2.5, description="osteoporosis if the lowest T-score is at or below this"
    )


class Images(Section):
    """From the film to the crop that the network sees."""

    size: Annotated[int, Field(ge=32, le=1024)] = Field(
        default=96, description="pixels a side of the crop after resampling"
    )
    apply_voi: bool = Field(
        default=False, description="apply the film's own VOI LUT or window before cropping"
    )
    mirror_right: bool = Field(
        default=True, description="mirror right hips so that all look like left ones"
    )


class Split(Section):
    """Training, validation and test patients of the development site."""

    validation: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="share of the patients for validation, rounded down"
    )
    test: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="share of the patients for the test, rounded up"
    )
    stratify: bool = Field(
        default=False, description="keep the share of osteoporosis equal; the paper did not"
    )

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("split.validation and split.test leave nothing to train on")
        return self


class InitialWeights(Section):
    """ImageNet weights of VGG16's convolutions, from a file that the user has."""

    path: str = Field(description="weight file (.weights.h5 or .h5) of VGG16 without its top")
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="expected SHA-256 of that file"
    )


class Network(Section):
    """VGG16 with one embedded-Gaussian non-local block."""

    width: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.125, description="multiplier of VGG16's channel numbers; 1 is VGG16"
    )
    non_local_after: Literal["block1", "block2", "block3", "block4", "block5"] | None = Field(
        default="block4", description="block behind which the non-local block sits; null: none"
    )
    head: Literal["flatten", "average"] = Field(
        default="average", description="VGG16's flattening, or global average pooling"
    )
    head_units: list[Annotated[int, Field(ge=1)]] = Field(
        default=[64], description="units of the dense layers before the output"
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="dropout behind each dense layer of the head"
    )
    initial_weights: InitialWeights | None = Field(
        default=None, description="ImageNet weight file; null starts from random weights"
    )

    @model_validator(mode="after")
    def _initial_weights_fit(self) -> Self:
        if self.initial_weights is not None and self.width != 1:
            raise ValueError("initial_weights are those of VGG16 and need width: 1.0")
        return self


class Training(Section):
    """How the network is fitted."""

    epochs: Annotated[int, Field(ge=1)] = Field(default=4, description="epochs")
    batch_size: Annotated[int, Field(ge=1)] = Field(default=16, description="images a step")
    learning_rate: Annotated[float, Field(gt=0)] = Field(
        default=5e-4, description="Adam's learning rate"
    )
    augmentations: list[Augmentation] = Field(
        default=["original", "blur", "sharpen", "shear", "rotate"],
        min_length=1,
        description="every image is seen once an epoch with each of these",
    )
    rotate_degrees: Annotated[float, Field(ge=0, le=45)] = Field(
        default=10.0, description="rotation: largest angle, either way"
    )
    shear_degrees: Annotated[float, Field(ge=0, le=45)] = Field(
        default=10.0, description="shear: largest angle, either way"
    )
    blur_sigma: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="standard deviation of the Gaussian that blurs, in pixels"
    )
    sharpen_amount: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="sharpening: share of image minus blurred image that is added"
    )
    jitter_sigma: bool = Field(
        default=True,
        description="draw the z-score's divisor (2 + u) sigma with u in (-1, 1); false: 2 sigma",
    )
    shuffle_labels: bool = Field(
        default=False, description="train on shuffled labels (a check that must fail to learn)"
    )


class Run(Section):
    """One variant and seed of the model; what is given here overrides `network` and `training`."""

    seed: Annotated[int, Field(ge=0)] = Field(
        default=1, description="seed of weights, augmentation and order"
    )
    network: dict[str, Any] = Field(default={}, description="keys of `network` to override")
    training: dict[str, Any] = Field(default={}, description="keys of `training` to override")


class Evaluation(Section):
    """Operating point."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="a score at or above this is called osteoporosis"
    )


class Config(Section):
    """The whole configuration of a study."""

    development: str = Field(
        default=str(DEFAULT_DEVELOPMENT), description="folder of the development site"
    )
    external: str | list[str] | None = Field(
        default=None,
        description="folder or folders of external sites; by default the synthetic external site "
        "if `development` is the synthetic one, else none",
    )
    allow_mixing: bool = Field(
        default=False,
        description="let a synthetic model meet real films or the reverse; results are marked",
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        default=2021, description="seed of the study's own numbering and of the split"
    )
    device: Literal["cpu", "gpu"] = Field(
        default="cpu", description="where the network runs; a GPU that is not visible is an error"
    )
    inventory: Inventory = Inventory()
    selection: Selection = Selection()
    images: Images = Images()
    split: Split = Split()
    network: Network = Network()
    training: Training = Training()
    runs: dict[Annotated[str, Field(pattern=f"^{SITE_ID.pattern}$")], Run] = Field(
        default={"primary": Run()},
        description="variants and seeds of the model; `primary` is the study's and always there",
    )
    evaluation: Evaluation = Evaluation()
    synthetic: dict[Annotated[str, Field(pattern=f"^{SITE_ID.pattern}$")], Synthetic] = Field(
        default={
            "development": Synthetic(recipe="development", patients=1001, seed=2021),
            "external": Synthetic(recipe="external", patients=117, seed=2022),
        },
        description="the sites that the workflow can make under results/synthetic/, by folder name",
    )

    @field_validator("runs", "synthetic", mode="before")
    @classmethod
    def _adds_to_the_default(cls, given: Any, info: ValidationInfo) -> Any:
        """Lay named entries over the default ones, as Snakemake does with configuration files."""
        if not isinstance(given, Mapping) or info.field_name is None:
            return given
        default = cls.model_fields[info.field_name].default
        merged: dict[str, Any] = {name: entry.model_dump() for name, entry in default.items()}
        for name, entry in given.items():
            both = isinstance(entry, Mapping) and name in merged
            merged[name] = {**merged[name], **entry} if both else entry
        return merged

    @model_validator(mode="after")
    def _checks_across_sections(self) -> Self:
        for name in self.runs:
            self.run_network(name)
            self.run_training(name)
        ids = [Path(site).name for site in self.sites]
        for site_id, path in zip(ids, self.sites, strict=True):
            if not SITE_ID.fullmatch(site_id):
                raise ValueError(
                    f"the folder name {site_id!r} is the site's id and may hold only letters, "
                    "digits, - and _"
                )
            if site_id in RESERVED_IDS:
                raise ValueError(f"a site cannot be called {site_id!r}: that is a split's name")
            if site_id == "development" and path != self.development:
                raise ValueError("an external site cannot be called 'development'")
            if Path(path).parent == SYNTHETIC_FOLDER and site_id not in self.synthetic:
                raise ValueError(f"{path} is to be made, but `synthetic` holds no {site_id!r}")
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"two sites have the same folder name: {', '.join(twice)}")
        return self

    @property
    def externals(self) -> tuple[str, ...]:
        """Folders of the external sites, in the order of the configuration."""
        if self.external is None:
            default = Path(self.development) == DEFAULT_DEVELOPMENT
            return (str(DEFAULT_EXTERNAL),) if default else ()
        return (self.external,) if isinstance(self.external, str) else tuple(self.external)

    @property
    def sites(self) -> tuple[str, ...]:
        """Folders of all sites, development first."""
        return (self.development, *self.externals)

    def run_network(self, run: str) -> Network:
        """Return the network of ``run``: the common one with the run's overrides."""
        overrides = self.runs[run].network
        return Network.model_validate({**self.network.model_dump(), **overrides})

    def run_training(self, run: str) -> Training:
        """Return how ``run`` is trained: the common way with the run's overrides."""
        overrides = self.runs[run].training
        return Training.model_validate({**self.training.model_dump(), **overrides})


def load_config(raw: Mapping[str, Any]) -> Config:
    """Check a configuration as Snakemake read it.

    Raises
    ------
    StudyError
        One sentence a mistake, each naming its key.
    """
    try:
        return Config.model_validate(dict(raw))
    except ValidationError as error:
        raise StudyError(_sentences(error)) from None


def _sentences(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"] if part not in {"str", "list[str]"})
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "no such key; see config/README.md"
        found = item["input"]
        if isinstance(found, (str, int, float, bool)) and item["type"] != "extra_forbidden":
            message += f" (found {found!r})"
        lines.append(f"configuration, {key}: {message}" if key else f"configuration: {message}")
    return "\n".join(lines)


def settings_json(settings: BaseModel) -> str:
    """Return ``settings`` as the one-line JSON that a stage's ``--settings`` takes."""
    return json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def parse_settings(model: type[SectionT], text: str | None) -> SectionT:
    """Read a stage's ``--settings``; None gives the defaults."""
    try:
        return model.model_validate_json(text) if text is not None else model()
    except ValidationError as error:
        raise StudyError(_sentences(error)) from None
