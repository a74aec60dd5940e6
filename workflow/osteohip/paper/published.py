"""The numbers of Jang et al. 2021 as data: the one place where they are typed.

Jang R, Choi JH, Kim N, Chang JS, Yoon PW, Kim C-H. Prediction of osteoporosis from simple hip
radiography using deep learning algorithm. Sci Rep 2021;11:19997. doi 10.1038/s41598-021-99549-6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from osteohip.evaluation.measures import Confusion


@dataclass(frozen=True)
class Moments:
    """Mean, standard deviation and range of a quantity, as printed.

    Parameters
    ----------
    mean, sd, low, high
        The values.
    unit, range_unit
        What the last digit of mean and SD, and of the range, stands for.
    """

    mean: float
    sd: float
    low: float
    high: float
    unit: float
    range_unit: float


@dataclass(frozen=True)
class Part:
    """Images of one part of the data by label."""

    osteoporosis: int
    no_osteoporosis: int

    @property
    def n(self) -> int:
        """All images of the part."""
        return self.osteoporosis + self.no_osteoporosis


@dataclass(frozen=True)
class PrintedTable:
    """A two-by-two table exactly as printed, sums included.

    The rows are headed "Real OP" and "Real nonOP", the columns "Predicted OP" and "Predicted
    nonOP"; each row and the last line of sums end in their total.
    """

    real_op: tuple[int, int, int]
    real_non_op: tuple[int, int, int]
    total: tuple[int, int, int]


@dataclass(frozen=True)
class Performance:
    """What the paper states of the model on one cohort.

    Parameters
    ----------
    printed
        The confusion matrix as printed.
    confusion
        The same counts with rows as truth, in agreement with the class sizes and the measures that
        the paper states elsewhere.
    accuracy, sensitivity, specificity, ppv, npv
        Shares in [0, 1], as printed in per cent with one decimal.
    auc
        Area under the ROC curve, as printed.
    source
        Section of the paper.
    """

    printed: PrintedTable
    confusion: Confusion
    accuracy: float
    sensitivity: float
    specificity: float
    ppv: float
    npv: float
    auc: float
    source: str


@dataclass(frozen=True)
class Counted:
    """A number with the noun that the paper counts by, and where it stands."""

    number: int
    noun: str
    place: str


@dataclass(frozen=True)
class Judged:
    """The word that the paper has for an area under the ROC curve, and where it stands."""

    cohort: Literal["test", "external"]
    word: str
    place: str


@dataclass(frozen=True)
class Border:
    """One border of the crop as Methods and as the caption of Figure 4 define it."""

    side: str
    methods: str
    figure: str


@dataclass(frozen=True)
class Training:
    """Training as told; None is what the paper does not tell.

    Parameters
    ----------
    window_sigma
        The z-score's divisor in standard deviations, before the random part is added.
    window_words_sigma
        How far the words "again with 1-sigma" let the random part go, in standard deviations.
    window_random
        Lowest and highest value of the random part.
    iterations_per_epoch, strategies, epochs, learning_rate
        As printed.
    batch_size, input_pixels, initial_weights, head, non_local_place, augmentation_sizes
        Untold.
    best_epoch, best_validation_accuracy
        The epoch that was kept, and why; untold.
    without_non_local
        Accuracy of the network without its non-local block: "unable to train", without a number.
    """

    window_sigma: float
    window_words_sigma: float
    iterations_per_epoch: int
    strategies: int
    epochs: int
    learning_rate: float
    window_random: tuple[float, float] | None = None
    batch_size: int | None = None
    input_pixels: int | None = None
    initial_weights: str | None = None
    head: str | None = None
    non_local_place: str | None = None
    augmentation_sizes: tuple[float, ...] | None = None
    best_epoch: int | None = None
    best_validation_accuracy: float | None = None
    without_non_local: float | None = None


@dataclass(frozen=True)
class Reading:
    """How the heatmaps were judged.

    Parameters
    ----------
    test_read, test_adequate
        Heatmaps of the test set, and those that both readers called adequate.
    external_shown, external_adequate
        Heatmaps of the external cohort, and those that the abstract calls adequate.
    readers
        Initials, family name first.
    external_readers
        Who read those of the external cohort; None where nobody is named.
    kappa
        Cohen's kappa of the two readers, as printed.
    """

    test_read: int
    test_adequate: int
    external_shown: int
    external_adequate: int
    readers: tuple[str, ...]
    external_readers: tuple[str, ...] | None
    kappa: float


@dataclass(frozen=True)
class Collection:
    """How films and DXA of one cohort were collected; None is what the paper does not tell.

    Parameters
    ----------
    first, last
        First and last month, as year and month.
    design
        "retrospective" or "prospective".
    ethics
        Design for which the committee waived consent; the same committee is named for both.
    devices, dxa_devices
        X-ray and DXA models.
    tube_current
        Lowest and highest, as printed.
    tube_current_unit
        Its unit.
    criteria
        Number of criteria that are told.
    excluded
        Records that each criterion excluded.
    described
        Whether age, BMD or T-score of the cohort are told.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    design: str
    ethics: str
    devices: tuple[str, ...]
    dxa_devices: tuple[str, ...]
    tube_current: tuple[int, int]
    tube_current_unit: str | None
    criteria: int | None
    excluded: tuple[int, ...] | None
    described: bool


@dataclass(frozen=True)
class Paper:
    """All of the paper's numbers that this study sets its own beside."""

    # Methods, "Study design and patient selection" and "Dataset preparation"
    citation: str
    min_age_years: int
    collected: int
    collected_osteoporosis: int
    collected_no_osteoporosis: int
    patients_with_two_films: int
    uncroppable: int
    images: Part
    training: Part
    validation: Part
    test: Part
    # Results, first paragraph
    right_hips: int
    left_hips: int
    age_years: Moments
    total_hip_bmd_g_cm2: Moments
    total_hip_t_score: Moments
    # Methods, "External validation"
    external: Part
    # Results, with Tables 1 and 2 and Figure 1
    test_performance: Performance
    external_performance: Performance
    # Results, "Visualization of model performance"
    reading: Reading
    # Words for the areas: Abstract, Results and Discussion
    judged: tuple[Judged, ...]
    acceptable_auc: float
    excellent_auc: float
    # Discussion, second paragraph: what the model is said to surpass
    claimed_accuracy: float
    claimed_sensitivity: float
    # What 1012 and 1001 are called; the caption of Figure 1
    collected_as: tuple[Counted, ...]
    cropped: Counted
    images_as: tuple[Counted, ...]
    figure_1: Counted
    split_shares: tuple[float, float, float]
    # Methods, "Study design and patient selection" and "External validation"
    development_collection: Collection
    external_collection: Collection
    longest_gap_days: tuple[int, ...]
    label_t_score: float
    label_region: str | None
    quality_criterion: str | None
    threshold: float | None
    authors: tuple[str, ...]
    annotators: tuple[str, ...]
    borders: tuple[Border, ...]
    training_protocol: Training
    data_contacts: tuple[str, ...]


JANG_2021 = Paper(
    citation="Jang R, Choi JH, Kim N, Chang JS, Yoon PW, Kim C-H. Prediction of osteoporosis from "
    "simple hip radiography using deep learning algorithm. Sci Rep 2021;11:19997. "
    "doi 10.1038/s41598-021-99549-6",
    min_age_years=55,
    collected=1012,
    collected_osteoporosis=513,
    collected_no_osteoporosis=499,
    patients_with_two_films=1,
    uncroppable=10,
    images=Part(osteoporosis=504, no_osteoporosis=497),
    training=Part(osteoporosis=393, no_osteoporosis=407),
    validation=Part(osteoporosis=55, no_osteoporosis=45),
    test=Part(osteoporosis=56, no_osteoporosis=45),
    right_hips=440,
    left_hips=561,
    age_years=Moments(mean=72.5, sd=12.5, low=55.2, high=100.5, unit=0.1, range_unit=0.1),
    total_hip_bmd_g_cm2=Moments(
        mean=0.715, sd=0.162, low=0.20, high=1.34, unit=0.001, range_unit=0.01
    ),
    total_hip_t_score=Moments(mean=-2.2, sd=1.3, low=-6.5, high=3.1, unit=0.1, range_unit=0.1),
    external=Part(osteoporosis=86, no_osteoporosis=31),
    # Table 1 is printed with truth and prediction exchanged: its rows add up to 65 and 36, but the
    # test set has 56 and 45, and the stated sensitivity of 91.1 % is 51 of 56.
    test_performance=Performance(
        printed=PrintedTable(real_op=(51, 14, 65), real_non_op=(5, 31, 36), total=(56, 45, 101)),
        confusion=Confusion(tp=51, fn=5, fp=14, tn=31),
        accuracy=0.812,
        sensitivity=0.911,
        specificity=0.689,
        ppv=0.785,
        npv=0.861,
        auc=0.867,
        source="Results, Table 1 and Figure 1A",
    ),
    external_performance=Performance(
        printed=PrintedTable(real_op=(72, 14, 86), real_non_op=(19, 12, 31), total=(91, 26, 117)),
        confusion=Confusion(tp=72, fn=14, fp=19, tn=12),
        accuracy=0.718,
        sensitivity=0.837,
        specificity=0.387,
        ppv=0.791,
        npv=0.462,
        auc=0.700,
        source="Results, Table 2 and Figure 1B",
    ),
    # Two surgeons found the heatmaps of all 101 adequate, and so the abstract says of all others.
    reading=Reading(
        test_read=101,
        test_adequate=101,
        external_shown=117,
        external_adequate=117,
        readers=("KCH", "YPW"),
        external_readers=None,
        kappa=1.000,
    ),
    judged=(
        Judged("test", "reasonable", "Abstract"),
        Judged("test", "excellent", "Results"),
        Judged("test", "acceptable", "Discussion, limitations"),
        Judged("external", "acceptable", "Results"),
        Judged("external", "acceptable", "Discussion, limitations"),
    ),
    # The bands of its reference 10, as its words for 0.700 and 0.867 imply them (Hosmer DW,
    # Lemeshow S, Sturdivant RX. Applied logistic regression. 3rd ed. Wiley 2013, section 5.2.4).
    acceptable_auc=0.7,
    excellent_auc=0.8,
    claimed_accuracy=0.80,
    claimed_sensitivity=0.90,
    collected_as=(
        Counted(1012, "patients", "Methods, Study design and patient selection"),
        Counted(1012, "radiographs", "Methods, Dataset preparation"),
        Counted(1012, "subjects", "Methods, Dataset preparation"),
    ),
    cropped=Counted(1011, "subjects", "Methods, Dataset preparation"),
    images_as=(
        Counted(1001, "datasets", "Abstract"),
        Counted(1001, "patients", "Abstract and Results"),
        Counted(1001, "images", "Abstract and Methods"),
        Counted(1001, "hips", "Results"),
    ),
    figure_1=Counted(101, "validation", "Figure 1, caption"),
    split_shares=(0.8, 0.1, 0.1),
    development_collection=Collection(
        first=(2010, 1),
        last=(2019, 2),
        design="retrospective",
        ethics="retrospective",
        devices=("GM85", "GR40CW", "Discovery XR656", "Thunder Platform", "CXDI"),
        dxa_devices=("Lunar Prodigy Advance",),
        tube_current=(207, 500),
        tube_current_unit=None,
        criteria=8,
        excluded=None,
        described=True,
    ),
    external_collection=Collection(
        first=(2020, 10),
        last=(2021, 7),
        design="prospective",
        ethics="retrospective",
        devices=("Innovision DXII", "Discovery XR656"),
        dxa_devices=("Lunar Prodigy Advance",),
        tube_current=(200, 500),
        tube_current_unit=None,
        criteria=None,
        excluded=None,
        described=False,
    ),
    # "Within a month", which may be any of these.
    longest_gap_days=(28, 29, 30, 31),
    label_t_score=-2.5,
    label_region=None,
    quality_criterion=None,
    threshold=None,
    authors=("JR", "CJH", "KN", "CJS", "YPW", "KCH"),
    annotators=("JR",),
    borders=(
        Border("superior", "acetabular roof", "acetabular roof"),
        Border(
            "inferior",
            "lower margin of the lesser trochanter",
            "length of the lesser trochanter below its tip",
        ),
        Border("medial", "lateral margin of the teardrop", "lateral margin of the teardrop"),
        Border("lateral", "lateral of the vastus ridge", "lateral of the vastus ridge"),
    ),
    training_protocol=Training(
        window_sigma=2.0,
        window_words_sigma=1.0,
        iterations_per_epoch=4000,
        strategies=5,
        epochs=300,
        learning_rate=1e-6,
    ),
    data_contacts=("the ethics committee of the hospital", "the corresponding author"),
)
