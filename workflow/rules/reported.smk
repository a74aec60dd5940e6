"""Which results the report is made of."""


def report_inputs(wildcards):
    """Results of the configured sites; of a given model's development there is its bundle alone."""
    files = {
        "external": expand(
            "results/sites/{site}/{file}", site=EXTERNALS, file=SITE_TABLES
        ),
        "bundle": expand(
            "results/models/{run}/{file}",
            run=MAIN_RUN,
            file=[
                *TRAINED_FILES,
                *CHOSEN_FILES,
                *([REFERENCE, MANIFEST] if MODEL else []),
            ],
        ),
        "evaluation": expand(
            "results/evaluation/{run}/{cohort}/{file}",
            run=MAIN_RUN,
            cohort=COHORTS,
            file=EVALUATION_FILES,
        ),
        "drop": expand(
            "results/evaluation/{run}/{cohort}/drop.json",
            run=MAIN_RUN,
            cohort=EXTERNALS,
        ),
        "explanation": expand(
            "results/explanation/{run}/{cohort}/{file}",
            run=MAIN_RUN,
            cohort=READ_COHORTS,
            file=[
                "attention.csv",
                "attention.json",
                "maps.npz",
                *(["seeds.json"] if len(MAIN_SEEDS) > 1 else []),
            ],
        ),
        "pictures": expand(
            "results/sites/{site}/{file}",
            site=tuple(dict.fromkeys(cohort_site(cohort) for cohort in READ_COHORTS)),
            file=["crops.npz", "example.png", "example.json"],
        ),
        "readers": expand(
            rules.agree.output.agreement, run=MAIN_RUN, cohort=READ_COHORTS
        ),
    }
    if not MODEL:
        files["development"] = expand(
            "results/sites/{site}/{file}", site=DEVELOPMENT, file=SITE_TABLES
        )
        files["split"] = "results/split/split.csv"
        files["leakage"] = "results/split/leakage.json"
        files["comparison"] = f"results/evaluation/{MAIN_RUN}/comparison.json"
    if len(RUNS) > 1:
        files["runs"] = "results/evaluation/runs.json"
    return files


def report_options(wildcards, input):
    """Which of the inputs that not every study has."""
    options = [
        f"--external={folder}"
        for folder in dict.fromkeys(Path(file).parent for file in input.external)
    ]
    options.append(f"--explanation={Path(input.explanation[0]).parents[1]}")
    if len(MAIN_SEEDS) > 1:
        options.append("--seeds")
    options.append(f"--readers={Path(input.readers[0]).parents[1]}")
    if not MODEL:
        options.append(f"--development={Path(input.development[0]).parent}")
    return options + [
        f"--{name}={input[name]}"
        for name in ("split", "leakage", "runs")
        if name in input.keys()
    ]


# A received model has no test set here; without external site there is no second one.
SUPPLEMENTS = (*([] if MODEL else ["S1"]), *(["S2"] if EXTERNALS else []))


def supplement_inputs(wildcards):
    """Crops and names of the sites whose hips are shown."""
    sites = {
        "development": [] if MODEL else [DEVELOPMENT],
        "external": EXTERNALS,
    }
    return {
        role: expand(
            "results/sites/{site}/{file}", site=found, file=["site.json", "crops.npz"]
        )
        for role, found in sites.items()
        if found
    }
