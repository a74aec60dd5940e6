"""Configuration, sites, and what rules take from them."""

import os
from pathlib import Path

from snakemake.exceptions import WorkflowError

from osteohip.config import (
    CHOICES,
    SHUFFLED_RUN,
    SYNTHETIC_FOLDER,
    Network,
    is_simulated,
    load_config,
    settings_json,
)
from osteohip.errors import StudyError
from osteohip.files import read_json, write_json
from osteohip.model.demand import explanation_demand, scoring_demand, training_demand
from osteohip.model.manifest import (
    BUNDLE_FILES,
    CHOSEN_FILES,
    MANIFEST,
    REFERENCE,
    TRAINED_FILES,
    IntendedUse,
    frozen_settings,
    read_manifest,
)
from osteohip.provenance import code_digest, file_digest
from osteohip.site.folder import (
    READINGS,
    check_folders,
    content_digests,
    readings_digest,
)
from osteohip.statements import read_statements

ENVIRONMENTS = Path(workflow.basedir).parent / "envs"


def load_study():
    """Check configuration, model and site folders; a mistake stops before anything runs."""
    model = None
    try:
        study = load_config(config)
        if study.model:
            model = read_manifest(Path(study.model))
            study = load_config(frozen_settings(config, stated=study, manifest=model))
        if study.statements:
            read_statements(Path(study.statements))
        sites = {Path(folder).name: Path(folder) for folder in study.sites}
        synthetic = {site: is_made(folder) for site, folder in sites.items()}
        hospitals = [site for site in sites if not is_made(sites[site])]
        found = check_folders([sites[site] for site in hospitals])
        synthetic |= {s: f.synthetic for s, f in zip(hospitals, found, strict=True)}
        origin, of_model = (
            (study.model, model.synthetic) if model else next(iter(synthetic.items()))
        )
        for site in sites:
            if synthetic[site] != of_model and not study.allow_mixing:
                kinds = {True: "synthetic", False: "real"}
                raise StudyError(
                    f"the model comes from {kinds[of_model]} films ({origin}) and {sites[site]} "
                    f"is a {kinds[synthetic[site]]} site: a model of one kind says nothing about "
                    "films of the other; set allow_mixing: true to do it all the same, marked"
                )
        readers = study.reader_names(synthetic=of_model and all(synthetic.values()))
        if study.readings is not None and not Path(study.readings).is_dir():
            raise StudyError(
                f"configuration, readings: expected the folder of the readings, but there is no "
                f"folder {study.readings}"
            )
        # Once a run: a job of its own process is there because this one sent it.
        digests = digest_sites(study, sites) if workflow.is_main_process else {}
    except StudyError as error:
        raise WorkflowError(str(error)) from None
    except OSError as error:
        raise WorkflowError(
            f"the digests of the sites cannot be kept in results/: {error.strerror}"
        ) from None
    return study, model, sites, digests, readers


def readings_folder(study, folder):
    """Where the readings of a site's cohort lie."""
    return study.readings or Path(folder, READINGS)


def digest_sites(study, sites):
    """Digest what each stage reads of each site folder; only changed files are read anew.

    For a folder that the workflow makes itself, the digest is a file. It follows the folder, so
    that an edit there is seen as in any other site. Readings are put into either kind of folder
    when all else is done, and are digested by themselves.
    """
    found = {}
    for site, folder in sites.items():
        found[site] = {"agree": readings_digest(Path(readings_folder(study, folder)))}
        digest = Path(f"{folder}.digest")
        if is_made(folder) and not (digest.is_file() and folder.is_dir()):
            continue
        digests = content_digests(folder, cache=digest_cache(site, folder))
        if not is_made(folder):
            found[site] |= digests
        elif digests != noted(digest):
            write_json(digest, digests)
    return found


def noted(digest):
    """What a digest file says; one that is damaged says nothing."""
    try:
        return read_json(digest)
    except ValueError:
        return None


def digest_cache(site, folder):
    """Where sizes, times and digests of a site's files are kept between runs.

    Names of a hospital's files may hold patient data, so they stay in private/. Times of files
    that the workflow made differ from run to run, so they stay out of results/.
    """
    if is_made(folder):
        return Path(f".snakemake/synthetic/{site}.json")
    return Path(f"results/sites/{site}/private/content.json")


def is_made(folder):
    """Tell whether the workflow makes this site folder itself."""
    return Path(folder).parent == SYNTHETIC_FOLDER


STUDY, MODEL, SITES, SITE_DIGESTS, READERS = load_study()
SIMULATED_READERS = tuple(filter(is_simulated, READERS))
# A model that is given has no development site here, and its bundle's digest for a name.
RECEIVED = (f"model-{MODEL.digest[:12]}",) if MODEL else ()
DEVELOPMENT = None if MODEL else next(iter(SITES))
DEVELOPMENT_PARTS = () if MODEL else ("validation", "test")
MADE_SITES = tuple(site for site, folder in SITES.items() if is_made(folder))
EXTERNALS = tuple(site for site in SITES if site != DEVELOPMENT)
COHORTS = (*DEVELOPMENT_PARTS, *EXTERNALS)
# Runs whose operating point is chosen here, runs that have weights, and the run of the report.
OWN_RUNS = () if MODEL else tuple(STUDY.runs)
RUNS = OWN_RUNS or RECEIVED
SCORING_RUNS = STUDY.trained or RECEIVED
# Read once the model is fixed, and so what the report is about.
READ_COHORTS = tuple(cohort for cohort in COHORTS if cohort != "validation")
EVALUATION_FILES = (
    "predictions.csv",
    "metrics.json",
    "samplesize.json",
    "roc.csv",
    "calibration.csv",
    "decision.csv",
    "subgroups.csv",
    # Fitted on training hips, which a given model leaves behind.
    *([] if MODEL else ["baselines.csv"]),
)
SITE_TABLES = ("cohort.csv", "flow.csv", "site.json", "crops.csv")
MAIN_RUN = RECEIVED[0] if MODEL else "primary"
# Runs that differ from the report's in their seed alone, with it.
MAIN_SEEDS = RECEIVED or STUDY.seeds_of(MAIN_RUN)
LOCK = file_digest(ENVIRONMENTS / "cpu.txt")
MODEL_LOCK = file_digest(
    ENVIRONMENTS / ("gpu.txt" if STUDY.device == "gpu" else "cpu.txt")
)
MODEL_ENVIRONMENT = (
    "../../envs/gpu.yaml" if STUDY.device == "gpu" else "../../envs/cpu.yaml"
)


# Weights and scores are a backend's own.
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")


def one_of(names):
    """Wildcard pattern of just these names; of none, one that nothing matches."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    site="[A-Za-z0-9_-]+",
    run="[A-Za-z0-9_-]+",
    cohort="[A-Za-z0-9_-]+",


def site_folder(wildcards):
    """Path of a site folder."""
    return SITES[wildcards.site]


def made_site(wildcards):
    """The digest of a site folder that the workflow makes itself; it stands for the whole folder.

    A hospital's folder is followed by `site_content` instead.
    """
    folder = SITES[wildcards.site]
    return [f"{folder}.digest"] if is_made(folder) else []


def site_content(stage):
    """Digest of what a stage reads in a hospital's folder."""
    return lambda wildcards: SITE_DIGESTS.get(wildcards.site, {}).get(stage)


def cohort_content(stage):
    """Digest of what a stage reads in the folder of a cohort's site."""
    return lambda wildcards: SITE_DIGESTS.get(cohort_site(wildcards.cohort), {}).get(
        stage
    )


def cohort_site(cohort):
    """Site that a cohort of predictions comes from."""
    return DEVELOPMENT if cohort in DEVELOPMENT_PARTS else cohort


def made_masks(wildcards):
    """Masks of a cohort whose site the workflow makes itself; of any other there are none."""
    site = cohort_site(wildcards.cohort)
    return [f"results/sites/{site}/masks.npz"] if site in MADE_SITES else []


def predict_inputs(wildcards):
    """Crops of the cohort, with the split for a part of development, the proof for a site."""
    site = cohort_site(wildcards.cohort)
    files = {
        "crops": f"results/sites/{site}/crops.npz",
        "cohort": f"results/sites/{site}/cohort.csv",
        "facts": f"results/sites/{site}/site.json",
    }
    if wildcards.cohort in DEVELOPMENT_PARTS:
        files["split"] = "results/split/split.csv"
    elif not MODEL:
        files["overlap"] = f"results/sites/{site}/overlap.json"
    return files


def explain_inputs(wildcards):
    """What `predict` takes, and which class was called: by the run itself, unless it is a check."""
    run, cohort = wildcards.run, wildcards.cohort
    if run == SHUFFLED_RUN:
        called = {"called_by": f"results/explanation/{MAIN_RUN}/{cohort}/maps.npz"}
    else:
        called = {
            "predictions": f"results/evaluation/{run}/{cohort}/predictions.csv",
            "threshold_file": f"results/models/{run}/threshold.json",
        }
    return predict_inputs(wildcards) | called


def gpu_gres():
    """What the site's profile calls a GPU where it is asked for as a `gres`; else None.

    A profile names it once, as `gpu_gres` among its default-resources, and whether a GPU is asked
    for at all stays with the configuration.
    """
    asked = (workflow.resource_settings.default_resources or {}).get("gpu_gres")
    return getattr(asked, "raw", asked)


WANTS_GPU = STUDY.device == "gpu"
GRES = (gpu_gres() or "") if WANTS_GPU else ""


def hips_in(cohort):
    """Hips of a cohort's table; until it is there, Snakemake shows what depends on it as TBD."""
    with open(cohort) as lines:
        return sum(1 for _ in lines) - 1


def training_needs(wildcards, input):
    """Memory and time of one run's training."""
    return training_demand(
        STUDY.run_network(wildcards.run),
        STUDY.run_training(wildcards.run),
        size=STUDY.images.size,
        hips=hips_in(input.cohort),
        gpu=WANTS_GPU,
    )


def received_network():
    """Network of the model that was given."""
    design = read_json(Path(STUDY.model) / "network.json")
    return Network.model_validate(design["network"])


def cohort_needs(demand):
    """Memory and time of what one run's network does on one cohort."""
    return lambda wildcards, input: demand(
        received_network() if MODEL else STUDY.run_network(wildcards.run),
        size=STUDY.images.size,
        hips=hips_in(input.cohort),
        gpu=WANTS_GPU,
    )


scoring_needs = cohort_needs(scoring_demand)
explaining_needs = cohort_needs(explanation_demand)


def internal_inputs(wildcards):
    """The internal test set; of a given model there are aggregates alone."""
    if MODEL:
        return {"reference": f"results/models/{wildcards.run}/{REFERENCE}"}
    return {
        "internal_predictions": f"results/evaluation/{wildcards.run}/test/predictions.csv",
        "internal_cohort": f"results/sites/{DEVELOPMENT}/cohort.csv",
    }
