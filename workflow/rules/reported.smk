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
    if not MODEL:
        options.append(f"--development={Path(input.development[0]).parent}")
    return options + [
        f"--{name}={input[name]}"
        for name in ("split", "leakage", "runs")
        if name in input.keys()
    ]
