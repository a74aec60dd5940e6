"""The one typed model of the configuration: defaults, checks and documentation come from it.

Imported while the workflow is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from osteohip.errors import StudyError

Region = Literal["total_hip", "femoral_neck", "trochanter", "intertrochanter", "wards"]
OtherDisease = Literal["osteonecrosis", "tumour", "calcific_tendinitis"]
Modality = Literal["CR", "DX", "RF", "OT"]
Device = Literal["auto", "cpu", "gpu"]
Precision = Literal["float32", "bfloat16"]
Augmentation = Literal["original", "blur", "sharpen", "shear", "rotate"]

# Where maps are taken: by its place in whatever network, or a convolution of VGG16 by name.
MappedLayer = Literal[
    "last_convolution",
    "before_non_local",
    "block1_conv1",
    "block1_conv2",
    "block2_conv1",
    "block2_conv2",
    "block3_conv1",
    "block3_conv2",
    "block3_conv3",
    "block4_conv1",
    "block4_conv2",
    "block4_conv3",
    "block5_conv1",
    "block5_conv2",
    "block5_conv3",
]

SITE_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
# A reader of this name is no person; wherever it stands, it says so by itself.
SIMULATED = "simulated"
RESERVED_IDS = ("training", "validation", "test")
# The primary's network, trained on shuffled labels: a check, and no run of the study.
SHUFFLED_RUN = "shuffled-labels"
SYNTHETIC_FOLDER = Path("results/synthetic")
DEFAULT_DEVELOPMENT = SYNTHETIC_FOLDER / "development"
DEFAULT_EXTERNAL = SYNTHETIC_FOLDER / "external"


# Names of runs, sites and readers are names of files and wildcards.
NAME_PATTERN = f"^{SITE_ID.pattern}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class Section(BaseModel):
    """Base of all sections: unknown keys are refused, and nothing changes.

    Numbers may come as text, because Snakemake hands on what stands inside braces after
    ``--config`` as text. A truth value is no number, nor the reverse, and a word stands in a list
    once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, given: Any, info: ValidationInfo) -> Any:
        kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
        entries = given if isinstance(given, list) else [given]
        if kinds & {int, float} and any(isinstance(entry, bool) for entry in entries):
            raise ValueError("expected a number")
        if kinds == {bool} and any(type(entry) in {int, float} for entry in entries):
            raise ValueError("expected true or false")
        return given

    @field_validator("*", mode="after")
    @classmethod
    def _names_nothing_twice(cls, found: Any) -> Any:
        if isinstance(found, list) and all(isinstance(entry, str) for entry in found):
            twice = [entry for i, entry in enumerate(found) if entry in found[:i]]
            if twice:
                raise ValueError(f"expected each entry once, {twice[0]!r} is there twice")
        return found


def _kinds(annotation: Any) -> set[type]:
    """Return which of bool, int and float a key or an entry of its list may be."""
    if get_origin(annotation) in {dict, Literal}:
        return set()
    parts = get_args(annotation)
    if not parts:
        return {annotation} & {bool, int, float}
    if get_origin(annotation) is Annotated:
        parts = parts[:1]
    return set().union(*(_kinds(part) for part in parts))


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
            raise ValueError("validation and test leave nothing to train on")
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
    ensemble: Annotated[list[Name], Field(min_length=2)] | None = Field(
        default=None,
        description="other runs, the mean of whose scores this run is; it is not trained itself",
    )

    @field_validator("network", "training")
    @classmethod
    def _overrides_keys(cls, given: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """Check each key alone; what holds between keys is checked where they are put together."""
        section: type[Section] = Network if info.field_name == "network" else Training
        try:
            section.model_validate(given)
        except ValidationError as error:
            wrong = [item for item in _line_errors(error) if item.get("loc")]
            if wrong:
                raise ValidationError.from_exception_data(section.__name__, wrong) from None
        return given

    @model_validator(mode="after")
    def _is_trained_or_put_together(self) -> Self:
        own = sorted(self.model_fields_set & {"seed", "network", "training"})
        if self.ensemble is not None and own:
            raise ValueError(f"an ensemble is not trained and has no {' or '.join(own)} of its own")
        return self


class Widths(Section):
    """Widths from limit to limit that 95 % intervals at the next site are to have."""

    auc: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="largest width of the AUC's interval, for the sample size"
    )
    sensitivity: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="largest width of the sensitivity's interval, for the sample size"
    )
    specificity: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="largest width of the specificity's interval, for the sample size"
    )
    observed_expected: Annotated[float, Field(gt=0)] = Field(
        default=0.2,
        description="largest width of the interval of the ratio of observed to expected cases, "
        "for the sample size",
    )


class Bootstrap(Section):
    """Resampling of patients, for intervals without formula."""

    resamples: Annotated[int, Field(ge=2000)] = Field(
        default=2000, description="resamples of the patients"
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=2021, description="seed of the resamples")


class Evaluation(Section):
    """Operating points, refit, and how finely results are looked at."""

    threshold_rule: Literal["fixed", "youden", "sensitivity"] = Field(
        default="fixed",
        description="how the operating point comes about: fixed before any data, or chosen on the "
        "validation set as the largest Youden index or by a least sensitivity",
    )
    threshold: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="rule fixed: a score at or above this is called osteoporosis"
    )
    least_sensitivity: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9, description="rule sensitivity: what the validation set must reach"
    )
    recalibration: Literal["platt", "temperature"] = Field(
        default="platt", description="refit of the calibration, fitted on the validation set"
    )
    rule_in_ppv: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.95, description="triage: positive predictive value of who is ruled in"
    )
    rule_out_npv: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.95, description="triage: negative predictive value of who is ruled out"
    )
    smallest_subgroup: Annotated[int, Field(ge=1)] = Field(
        default=10, description="a subgroup of fewer hips has no measures"
    )
    smallest_effective_size: Annotated[float, Field(ge=1)] = Field(
        default=10, description="effective cases of a class that a re-weighted AUC needs"
    )
    widths: Widths = Widths()
    proportion_interval: Literal["wilson", "clopper_pearson"] = Field(
        default="wilson",
        description="interval of proportions: Wilson's, or the exact one of Clopper and Pearson",
    )
    prevalences: list[Annotated[float, Field(gt=0, lt=1)]] = Field(
        default=[0.1, 0.2, 0.3],
        description="prevalences at which predictive values are given too",
    )
    bootstrap: Bootstrap = Bootstrap()

    @field_validator("prevalences")
    @classmethod
    def _each_prevalence_once(cls, given: list[float]) -> list[float]:
        if len(set(given)) < len(given):
            raise ValueError("expected each prevalence once")
        return given


class Explanation(Section):
    """Maps of what the network looked at."""

    layers: list[MappedLayer] = Field(
        default=["last_convolution", "before_non_local"],
        min_length=1,
        description="layers whose maps are made; the first one's are shown. A network without "
        "non-local block has no map before it",
    )
    border: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.1, description="border band of a crop, as a share of its side, on each side"
    )


class Readers(Section):
    """Who judges the maps, and what is hidden in each reader's deck."""

    names: Annotated[list[Name], Field(min_length=1)] | None = Field(
        default=None,
        description="a deck is made for each; files, results and the report have these names, so "
        "give initials or a code. Those that begin with `simulated` are no persons and need films "
        "that are all synthetic. null: `simulated-1`, `simulated-2` there, else `reader-1`, "
        "`reader-2`",
    )
    repeats: Annotated[float, Field(ge=0, le=0.3)] = Field(
        default=0.1, description="cases shown twice in a deck, as a share of the cases, rounded up"
    )
    decoys: Annotated[float, Field(ge=0, le=0.3)] = Field(
        default=0.1,
        description="cases shown once more with the map of a randomised network, likewise",
    )
    simulated_error: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.1, description="rate at which a simulated reader gives the other answer"
    )

    @field_validator("names")
    @classmethod
    def _files_differ(cls, given: list[str] | None) -> list[str] | None:
        """Refuse names that some disks take for one."""
        lower = [name.lower() for name in given or []]
        twice = [name for name, low in zip(given or [], lower, strict=True) if lower.count(low) > 1]
        if twice:
            raise ValueError(f"two readers have the same name: {', '.join(twice)}")
        return given


def is_simulated(reader: str) -> bool:
    """Tell whether a reader of this name is no person."""
    return reader.lower().startswith(SIMULATED)


# What the stage that chooses on the validation set reads of the section: it belongs to the model,
# which another hospital takes as it is.
CHOICES = frozenset(
    {
        "threshold_rule",
        "threshold",
        "least_sensitivity",
        "recalibration",
        "rule_in_ppv",
        "rule_out_npv",
    }
)


def site_id_fault(name: str) -> str | None:
    """Tell in words why a folder of this name can be no site, None if it can."""
    if not SITE_ID.fullmatch(name):
        return (
            "the folder's name is the site's id and may hold only letters A to Z, digits, - and _ "
            f"(40 at most), which {name!r} does not"
        )
    # Some disks do not tell upper case from lower.
    if name.lower() in RESERVED_IDS:
        return f"a site cannot be called {name!r}: that is a split's name"
    return None


class Config(Section):
    """The whole configuration of a study."""

    development: str = Field(
        default=str(DEFAULT_DEVELOPMENT), description="folder of the development site"
    )
    model: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="folder of a closed model bundle, to be validated at the external sites; "
        "nothing is trained, and `development`, `split`, `network`, `training` and `runs` do not "
        "count",
    )
    external: str | list[str] | None = Field(
        default=None,
        validate_default=True,
        description="folder or folders of external sites; by default the synthetic external site "
        "if `development` is the synthetic one, else none",
    )
    allow_mixing: bool = Field(
        default=False,
        description="let a synthetic model meet real films or the reverse; results are marked",
    )
    statements: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="file (YAML) of what only the authors can say, as ethics and funding; see "
        "[the statements](../docs/statements.md)",
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        default=2021, description="seed of the study's own numbering and of the split"
    )
    device: Device = Field(
        default="cpu",
        description="where the network runs; auto takes a GPU if one is visible, and gpu is an "
        "error if none is",
    )
    precision: Precision = Field(
        default="float32",
        description="arithmetic of training; weights, and all scoring, are float32 in either case",
    )
    inventory: Inventory = Inventory()
    selection: Selection = Selection()
    images: Images = Images()
    split: Split = Split()
    network: Network = Network()
    training: Training = Training()
    runs: dict[Name, Run] = Field(
        default={"primary": Run()},
        description="variants and seeds of the model; `primary` is the study's and always there",
    )
    evaluation: Evaluation = Evaluation()
    explanation: Explanation = Explanation()
    readers: Readers = Readers()
    readings: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="folder of the readings of all cohorts; null takes those in each site's "
        "`readings/`",
    )
    synthetic: dict[Name, Synthetic] = Field(
        default={
            "development": Synthetic(recipe="development", patients=1001, seed=2021),
            "external": Synthetic(recipe="external", patients=117, seed=2022),
        },
        validate_default=True,
        description="the sites that the workflow can make under results/synthetic/, by folder name",
    )

    @field_validator("development", "external")
    @classmethod
    def _folders_can_name_sites(cls, given: str | list[str] | None) -> str | list[str] | None:
        """Refuse a folder whose name cannot be a site's id."""
        for path in _as_list(given):
            fault = site_id_fault(Path(path).name)
            if fault:
                raise ValueError(fault)
        return given

    @field_validator("external", mode="before")
    @classmethod
    def _is_one_folder_or_several(cls, given: Any) -> Any:
        if not all(isinstance(path, str) for path in _as_list(given)):
            raise ValueError("expected the path of a folder, or a list of such paths")
        return given

    @field_validator("external")
    @classmethod
    def _site_ids_differ(
        cls, given: str | list[str] | None, info: ValidationInfo
    ) -> str | list[str] | None:
        frozen = info.data.get("model") is not None
        development = None if frozen else info.data.get("development")
        externals = _as_list(given)
        if any(Path(p).name == "development" and p != development for p in externals):
            raise ValueError("an external site cannot be called 'development'")
        if frozen and not externals:
            raise ValueError("a model is validated at external sites: name them")
        ids = [Path(path).name for path in (*_as_list(development), *externals)]
        # Some file systems do not tell capital letters from small ones.
        twice = sorted({i for i in ids if [j.lower() for j in ids].count(i.lower()) > 1})
        if twice:
            raise ValueError(f"two sites have the same folder name: {', '.join(twice)}")
        return given

    @field_validator("runs", "synthetic", mode="before")
    @classmethod
    def _adds_to_the_default(cls, given: Any, info: ValidationInfo) -> Any:
        """Lay named entries over the default ones, as Snakemake does with configuration files."""
        if not isinstance(given, Mapping) or info.field_name is None:
            return given
        default = cls.model_fields[info.field_name].default
        merged: dict[str, Any] = {
            name: entry.model_dump(exclude_unset=True) for name, entry in default.items()
        }
        for name, entry in given.items():
            both = isinstance(entry, Mapping) and name in merged
            merged[name] = {**merged[name], **entry} if both else entry
        return merged

    @field_validator("runs")
    @classmethod
    def _runs_can_be_trained(cls, runs: dict[str, Run], info: ValidationInfo) -> dict[str, Run]:
        """Check what each run makes of `network` and `training`, where these are right."""
        wrong: list[InitErrorDetails] = []
        for name, run in runs.items():
            for key, overrides in (("network", run.network), ("training", run.training)):
                common = info.data.get(key)
                if common is None:
                    continue
                try:
                    _overridden(common, overrides)
                except ValidationError as error:
                    wrong += _line_errors(error, below=(name, key))
        if wrong:
            raise ValidationError.from_exception_data("runs", wrong)
        return runs

    @field_validator("runs")
    @classmethod
    def _names_are_free(cls, runs: dict[str, Run]) -> dict[str, Run]:
        # Some disks do not tell upper case from lower.
        taken = [name for name in runs if name.lower() == SHUFFLED_RUN]
        if taken:
            raise ValueError(
                f"no run can be called {taken[0]}: that is the check with shuffled labels, which "
                "`snakemake shuffled_labels` makes of `primary`"
            )
        return runs

    @field_validator("runs")
    @classmethod
    def _members_are_trained(cls, runs: dict[str, Run]) -> dict[str, Run]:
        if runs["primary"].ensemble is not None:
            raise ValueError(
                "`primary` is the model that is handed on and cannot be an ensemble; name the "
                "ensemble otherwise"
            )
        for name, run in runs.items():
            for member in run.ensemble or []:
                if member not in runs or runs[member].ensemble is not None:
                    raise ValueError(
                        f"the ensemble {name} takes {member}, which is not the name of a run that "
                        "is trained"
                    )
        return runs

    @model_validator(mode="after")
    def _no_run_is_another(self) -> Self:
        first: dict[tuple[str, int], str] = {}
        for name in self.trained:
            same = first.setdefault((self.variant(name), self.runs[name].seed), name)
            if same != name:
                raise ValueError(f"the runs {same} and {name} have the same seed and settings")
        return self

    @field_validator("explanation")
    @classmethod
    def _has_a_layer_to_explain(cls, given: Explanation, info: ValidationInfo) -> Explanation:
        network, runs = info.data.get("network"), info.data.get("runs")
        frozen = info.data.get("model") is not None
        if frozen or network is None or runs is None or given.layers != ["before_non_local"]:
            return given
        if _overridden(network, runs["primary"].network).non_local_after is None:
            raise ValueError(
                "expected another layer too, since the network of `primary` has no non-local block"
            )
        return given

    @field_validator("synthetic")
    @classmethod
    def _recipes_are_there(
        cls, synthetic: dict[str, Synthetic], info: ValidationInfo
    ) -> dict[str, Synthetic]:
        frozen = info.data.get("model") is not None
        development = [] if frozen else _as_list(info.data.get("development"))
        for path in (*development, *_as_list(info.data.get("external"))):
            site = Path(path)
            if site.parent == SYNTHETIC_FOLDER and site.name not in synthetic:
                raise ValueError(f"{path} is to be made, but there is no {site.name!r} here")
        return synthetic

    @property
    def externals(self) -> tuple[str, ...]:
        """Folders of the external sites, in the order of the configuration."""
        if self.external is None and self.model is None:
            default = Path(self.development) == DEFAULT_DEVELOPMENT
            return (str(DEFAULT_EXTERNAL),) if default else ()
        return tuple(_as_list(self.external))

    @property
    def sites(self) -> tuple[str, ...]:
        """Folders of all sites, development first; a model that is given has none."""
        return self.externals if self.model else (self.development, *self.externals)

    def reported(self) -> Reported:
        """Return what the report prints: no path, and no synthetic site but the configured ones."""
        made = [Path(path).name for path in self.sites if Path(path).parent == SYNTHETIC_FOLDER]
        return Reported(
            seed=self.seed,
            inventory=self.inventory,
            selection=self.selection,
            split=None if self.model else self.split,
            evaluation=self.evaluation,
            explanation=self.explanation,
            readers=self.readers,
            synthetic={site: self.synthetic[site] for site in made},
        )

    @property
    def ensembles(self) -> dict[str, tuple[str, ...]]:
        """Members of each run that is an ensemble; none where a model is given."""
        if self.model:
            return {}
        return {name: tuple(run.ensemble) for name, run in self.runs.items() if run.ensemble}

    @property
    def trained(self) -> tuple[str, ...]:
        """Names of the runs that are trained; none where a model is given."""
        if self.model:
            return ()
        return tuple(name for name in self.runs if name not in self.ensembles)

    def reader_names(self, *, synthetic: bool) -> tuple[str, ...]:
        """Return the names of the readers.

        Parameters
        ----------
        synthetic
            Whether model and films are synthetic, all of them.

        Raises
        ------
        StudyError
            For a simulated reader of anything real.
        """
        names = self.readers.names
        if names is None:
            return tuple(f"{SIMULATED if synthetic else 'reader'}-{i}" for i in (1, 2))
        simulated = [name for name in names if is_simulated(name)]
        if simulated and not synthetic:
            raise StudyError(
                "configuration, readers.names: expected names of persons, because there are real "
                f"films; {SIMULATED!r} begins the names of readers who are none (found "
                f"{', '.join(map(repr, simulated))})"
            )
        return tuple(names)

    def plans(self) -> Plans:
        """Return all runs with their variants and seeds."""
        plans = []
        for name in self.runs:
            members = self.ensembles.get(name)
            variants = {self.variant(member) for member in members or (name,)}
            plans.append(
                Plan(
                    name=name,
                    variant=variants.pop() if len(variants) == 1 else None,
                    seeds=tuple(sorted(self.runs[m].seed for m in members or (name,))),
                    ensemble=members,
                )
            )
        return Plans(runs=plans)

    def variant(self, run: str) -> str:
        """Return in what ``run`` differs from the common settings, empty where in nothing.

        Runs that differ in the seed alone are of one variant. Of an initial weight file its digest
        counts and not where it lies.
        """
        common, own = (
            {
                f"{key}.{name}": value.sha256 if isinstance(value, InitialWeights) else value
                for key, section in sections
                for name, value in section
            }
            for sections in (
                (("network", self.network), ("training", self.training)),
                (("network", self.run_network(run)), ("training", self.run_training(run))),
            )
        )
        differs = [key for key, value in own.items() if value != common[key]]
        return "; ".join(f"{key}: {json.dumps(own[key])}" for key in differs)

    def run_network(self, run: str) -> Network:
        """Return the network of ``run``: the common one with the run's overrides."""
        return _overridden(self.network, self._run(run).network)

    def run_training(self, run: str) -> Training:
        """Return how ``run`` is trained: the common way with the run's overrides."""
        found = _overridden(self.training, self._run(run).training)
        return found.model_copy(update={"shuffle_labels": True}) if run == SHUFFLED_RUN else found

    def run_seed(self, run: str) -> int:
        """Return the seed of ``run``."""
        return self._run(run).seed

    def seeds_of(self, run: str) -> tuple[str, ...]:
        """Return the runs that are trained and differ from ``run`` in the seed alone, with it."""
        return tuple(name for name in self.trained if self.variant(name) == self.variant(run))

    def _run(self, name: str) -> Run:
        return self.runs["primary" if name == SHUFFLED_RUN else name]


class Plan(Section):
    """A run as the stage that compares runs is told of it.

    Parameters
    ----------
    variant
        In what it differs from the common settings; runs of one variant share it. None for an
        ensemble of several variants.
    seeds
        Its seed; for an ensemble those of its members, sorted.
    ensemble
        Names of the members; None for a run that is trained.
    """

    name: str
    variant: str | None
    seeds: tuple[int, ...]
    ensemble: tuple[str, ...] | None = None


class Plans(Section):
    """All runs."""

    runs: list[Plan]


class Reported(Section):
    """What the report prints of the configuration; all else it takes from results and model."""

    seed: int
    inventory: Inventory
    selection: Selection
    split: Split | None
    evaluation: Evaluation
    explanation: Explanation
    readers: Readers
    synthetic: dict[str, Synthetic]


def _overridden(section: SectionT, overrides: Mapping[str, Any]) -> SectionT:
    return section.model_validate({**section.model_dump(), **overrides})


def _as_list(given: Any) -> list[Any]:
    """Return what may be nothing, one thing or a list as a list."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


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


def _line_errors(error: ValidationError, *, below: tuple[str, ...] = ()) -> list[InitErrorDetails]:
    """Return the mistakes of ``error`` to be raised again, their keys below those given."""
    return [
        InitErrorDetails(
            type=item["type"],
            loc=(*below, *item["loc"]),
            input=item["input"],
            ctx=item.get("ctx", {}),
        )
        for item in error.errors()
    ]


def _sentences(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"] if part != "[key]")
        message = f"configuration, {key}: " if key else "configuration: "
        message += _mistake(item)
        found = item["input"]
        if isinstance(found, (str, int, float, bool)) and item["type"] != "extra_forbidden":
            message += f" (found {found!r})"
        lines.append(message)
    return "\n".join(lines)


# What was expected, by pydantic's name of the mistake; {...} are the limits that come with it.
EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "text of the form {pattern}",
    "list_type": "a list",
    "dict_type": "keys with values below it",
    "model_type": "keys with values below it",
    "invalid_key": "text as a key",
    "missing": "a value, for it has no default",
    "literal_error": "{expected}",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "too_short": "at least {min_length} in the list",
}


def _mistake(item: ErrorDetails) -> str:
    """Return what is wrong in plain words, without the key."""
    if item["type"] == "extra_forbidden":
        return "no such key; see config/README.md"
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == NAME_PATTERN:
        return "expected a name of letters A to Z, digits, - and _"
    if item["type"] in EXPECTED:
        return "expected " + EXPECTED[item["type"]].format(**item.get("ctx", {}))
    return item["msg"].removeprefix("Value error, ")


def settings_json(settings: BaseModel, *, only: Collection[str] | None = None) -> str:
    """Return ``settings`` as the one-line JSON that a stage's ``--settings`` takes.

    With ``only``, the keys that the stage reads, so that it does not rerun for the others.
    """
    content = settings.model_dump(mode="json", include=None if only is None else set(only))
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def parse_settings(model: type[SectionT], text: str | None) -> SectionT:
    """Read a stage's ``--settings``; None gives the defaults."""
    try:
        return model.model_validate_json(text) if text is not None else model()
    except ValidationError as error:
        raise StudyError(_sentences(error)) from None
