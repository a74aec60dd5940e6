"""The numbers of Jang et al. 2021 as data: the one place where they are typed.

Jang R, Choi JH, Kim N, Chang JS, Yoon PW, Kim C-H. Prediction of osteoporosis from simple hip
radiography using deep learning algorithm. Sci Rep 2021;11:19997. doi 10.1038/s41598-021-99549-6.
"""

from __future__ import annotations

from dataclasses import dataclass

from osteohip.evaluation.measures import Confusion


@dataclass(frozen=True)
class Moments:
    """Mean, standard deviation and range of a quantity, as printed."""

    mean: float
    sd: float
    low: float
    high: float


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
class Paper:
    """All of the paper's numbers that this study sets its own beside."""

    # Methods, "Study design and patient selection" and "Dataset preparation"
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
    kappa: float


JANG_2021 = Paper(
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
    age_years=Moments(mean=72.5, sd=12.5, low=55.2, high=100.5),
    total_hip_bmd_g_cm2=Moments(mean=0.715, sd=0.162, low=0.20, high=1.34),
    total_hip_t_score=Moments(mean=-2.2, sd=1.3, low=-6.5, high=3.1),
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
    kappa=1.000,
)
