"""Checks of the crop, the training and the operating point as told."""

from __future__ import annotations

import math

from scipy.stats import norm

from osteohip.paper.check import Check, Rule
from osteohip.paper.published import Paper
from osteohip.writing.wording import exact, number, percent, sequence, words

TRAINING = "Methods, Training details"
# VGG16's widest convolutions see 3 x 3 pixels of 512 channels (Simonyan K, Zisserman A. ICLR 2015);
# He K et al. ICCV 2015 start them with this standard deviation.
RANDOM_WEIGHT_SD = math.sqrt(2 / (3 * 3 * 512))


def borders(paper: Paper) -> Check:
    """Check that Methods and Figure 4 define the same crop."""
    apart = [border for border in paper.borders if border.methods != border.figure]
    told = "; ".join(f"{b.side}: “{b.methods}” and “{b.figure}”" for b in apart)
    return Check(
        key="borders",
        kind="contradiction",
        holds=not apart,
        expected="Methods and the caption of Figure 4 define the same crop",
        finding=f"The crop's {sequence([b.side for b in apart])} border is defined in two ways",
        place="Methods, Dataset preparation; Figure 4, caption",
        arithmetic=told or f"{number(len(paper.borders))} borders, all alike",
        explanation="Cut at its lower margin or a whole length further down, the crop differs in "
        "how much of the shaft it shows",
        numbers={"apart": [border.side for border in apart]},
    )


def annotators(paper: Paper) -> Check:
    """Check that more than one person marked the crops, and not authors alone."""
    among = [name for name in paper.annotators if name in paper.authors]
    return Check(
        key="annotators",
        kind="open",
        holds=len(paper.annotators) > 1,
        expected="More than one person marked the crops",
        finding="One person marked every crop, so that nobody knows how much crops vary",
        place="Methods, Dataset preparation",
        arithmetic=f"{number(len(paper.annotators))} annotator ({sequence(paper.annotators)}), "
        f"{number(len(among))} of them an author, {number(paper.cropped.number)} subjects",
        explanation="A model may depend on one person's way of cropping",
        numbers={"annotators": len(paper.annotators), "authors": len(among)},
    )


def iterations(paper: Paper) -> Check:
    """Check that the iterations of an epoch are the training images times the strategies."""
    told = paper.training_protocol
    product = paper.training.n * told.strategies
    return Check(
        key="iterations",
        kind="contradiction",
        holds=product == told.iterations_per_epoch,
        expected="The iterations of an epoch are the training images times the strategies",
        finding="The iterations of an epoch are not the training images times the strategies",
        place=TRAINING,
        arithmetic=f"{number(paper.training.n)} × {number(told.strategies)} = {number(product)}; "
        f"printed {number(told.iterations_per_epoch)}",
        explanation="Not every image was seen once in each way",
        numbers={"product": product, "printed": told.iterations_per_epoch},
    )


def batch_size(paper: Paper) -> Check:
    """Check that the images of an iteration are told."""
    told = paper.training_protocol
    steps = told.iterations_per_epoch * told.epochs
    return Check(
        key="batch_size",
        kind="open",
        holds=told.batch_size is not None,
        expected="The batch size is told",
        finding="The batch size is not told",
        place=TRAINING,
        arithmetic=f"{number(told.iterations_per_epoch)} iterations × {number(told.epochs)} epochs "
        f"= {number(steps)} steps; with one image a step each is seen "
        f"{number(told.iterations_per_epoch / paper.training.n)} times an epoch, with b images "
        "b times as often",
        explanation=f"“{number(paper.training.n)} images multiplied by” the strategies makes sense "
        "with one image a step",
        numbers={"steps": steps},
    )


def window(paper: Paper) -> Check:
    """Check that the range of the random part of the z-score's divisor is told."""
    told = paper.training_protocol
    sigma, spread = told.window_sigma, told.window_words_sigma
    divisors = (sigma - spread, sigma, sigma + spread)
    clipped = [2 * float(norm.sf(divisor)) for divisor in divisors]
    return Check(
        key="window",
        kind="open",
        holds=told.window_random is not None,
        expected="The range of ε in the window's formula is told",
        finding="ε is drawn from a uniform distribution whose range is not told",
        place=TRAINING,
        arithmetic=f"a divisor of {exact(sigma)}σ ± εσ; if ε goes to {exact(spread)}, it lies "
        f"between {exact(divisors[0])}σ and {exact(divisors[2])}σ, and of normal pixels "
        f"{percent(clipped[0])} to {percent(clipped[2])} are clipped ({percent(clipped[1])} at "
        f"{exact(sigma)}σ); at {exact(sigma)} the divisor would be zero. Whether ε is zero in "
        "validation and test is not told either",
        explanation=f"“Again with {exact(spread)}-sigma” reads as ε between −{exact(spread)} and "
        f"{exact(spread)}, in training alone",
        numbers={"divisors": divisors, "clipped": clipped},
    )


def initial_weights(paper: Paper) -> Check:
    """Check that the initial weights are told."""
    told = paper.training_protocol
    reach = told.learning_rate * told.iterations_per_epoch
    epochs = RANDOM_WEIGHT_SD / reach
    return Check(
        key="initial_weights",
        kind="open",
        holds=told.initial_weights is not None,
        expected="The weights that training starts from are told",
        finding="It is not told whether training starts from random or from ImageNet weights",
        place=TRAINING,
        arithmetic=f"Adam moves a weight by about the learning rate at most: "
        f"{exact(told.learning_rate)} × {number(told.iterations_per_epoch)} = {exact(reach)} an "
        f"epoch. Random weights of VGG16's widest layers have an SD of "
        f"{number(RANDOM_WEIGHT_SD, 3)}: {number(epochs, 1)} epochs to move by one SD, all one way",
        explanation="Such a rate fits a network that knows something already; from random weights "
        "it would help to explain “unable to train”",
        numbers={"reach": reach, "random_sd": RANDOM_WEIGHT_SD, "epochs": epochs},
    )


def without_non_local(paper: Paper) -> Check:
    """Check that the network without its non-local block comes with numbers."""
    return Check(
        key="without_non_local",
        kind="open",
        holds=paper.training_protocol.without_non_local is not None,
        expected="The network without the non-local block comes with numbers",
        finding="“Without NLNN, we were unable to train the model at all” comes without a number",
        place="Discussion",
        arithmetic="no accuracy, loss, seed or number of attempts",
        explanation="A rate too low, one unlucky seed or a real need of the block look alike; "
        "runs with and without it over several seeds tell",
        numbers={},
    )


def untold_settings(paper: Paper) -> Check:
    """Check that what a rerun needs is told."""
    told = paper.training_protocol
    names = ("input_pixels", "head", "non_local_place", "augmentation_sizes")
    missing = [name for name in names if getattr(told, name) is None]
    return Check(
        key="untold_settings",
        kind="open",
        holds=not missing,
        expected="Input size, head, place of the block and sizes of the augmentations are told",
        finding=f"Not told: {sequence([words(name) for name in missing])}",
        place=TRAINING,
        arithmetic=f"{number(len(missing))} of {number(len(names))} settings without which the "
        "network cannot be built again",
        explanation="No code is published; a rerun must choose",
        numbers={"missing": missing},
    )


def threshold(paper: Paper) -> Check:
    """Check that the score from which a case is called osteoporotic is told."""
    return Check(
        key="threshold",
        kind="open",
        holds=paper.threshold is not None,
        expected="The threshold of the score is told",
        finding="The score from which a hip is called osteoporotic is not told, nor whether it is "
        "the same in both cohorts",
        place="Methods, Model evaluation",
        arithmetic="two confusion matrices, no threshold",
        explanation="The middle of the sigmoid is likely, since validation accuracy uses it",
        numbers={},
    )


def data_contacts(paper: Paper) -> Check:
    """Check that one way to the data is named."""
    return Check(
        key="data_contacts",
        kind="contradiction",
        holds=len(set(paper.data_contacts)) == 1,
        expected="One way to the data is named",
        finding=f"The data are to be had from {sequence(paper.data_contacts)}",
        place="Methods, Study design and patient selection; Data availability",
        arithmetic=f"{number(len(set(paper.data_contacts)))} addresses for one data set",
        explanation="Two forms of the journal were filled in; whoever answers, the ethics "
        "committee decides",
        numbers={"contacts": list(paper.data_contacts)},
    )


CHECKS: tuple[Rule, ...] = (
    borders,
    data_contacts,
    batch_size,
    window,
    initial_weights,
    without_non_local,
    threshold,
    untold_settings,
    annotators,
    iterations,
)
