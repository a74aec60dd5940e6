"""Tables, figures and the report, of exactly the configured sites."""

COHORTS = (*DEVELOPMENT_PARTS, *EXTERNALS)
EVALUATION_FILES = (
    "predictions.csv",
    "metrics.json",
    "samplesize.json",
    "roc.csv",
    "calibration.csv",
    "decision.csv",
    "subgroups.csv",
    "baselines.csv",
)
SITE_TABLES = ("cohort.csv", "flow.csv", "site.json", "crops.csv")


rule report:
    """Write the report with its numbers, tables and figures."""
    input:
        development=expand(
            "results/sites/{site}/{file}", site=DEVELOPMENT, file=SITE_TABLES
        ),
        external=expand("results/sites/{site}/{file}", site=EXTERNALS, file=SITE_TABLES),
        split=rules.split.output.split,
        leakage=rules.leakage.output.leakage,
        bundle=expand(rules.train.output.bundle, run="primary"),
        threshold=expand(rules.threshold.output.threshold, run="primary"),
        evaluation=expand(
            "results/evaluation/primary/{cohort}/{file}",
            cohort=COHORTS,
            file=EVALUATION_FILES,
        ),
        drop=expand(rules.drop.output.drop, run="primary", cohort=EXTERNALS),
        comparison=expand(rules.contrast.output.comparison, run="primary"),
        runs=[rules.runs.output.runs] if len(STUDY.runs) > 1 else [],
    output:
        report="reports/report.html",
        numbers="reports/numbers.json",
        tables=directory("reports/tables"),
        figures=directory("reports/figures"),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    group:
        "report"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        model=lambda wildcards, input: Path(input.bundle[0]).parent,
        development=lambda wildcards, input: Path(input.development[0]).parent,
        externals=lambda wildcards, input: [
            f"--external={folder}"
            for folder in dict.fromkeys(Path(file).parent for file in input.external)
        ],
        runs=lambda wildcards, input: [f"--runs={path}" for path in input.runs],
        evaluation=lambda wildcards, input: Path(input.evaluation[0]).parents[1],
        out=lambda wildcards, output: Path(output.report).parent,
        settings=settings_json(STUDY.reported()),
        code=code_digest("report.report"),
        lock=LOCK,
    message:
        "Writing the report"
    shell:
        "osteohip report --run primary --model {params.model:q}"
        " --development {params.development:q} {params.externals:q} --split {input.split:q}"
        " --leakage {input.leakage:q} {params.runs:q} --evaluation {params.evaluation:q}"
        " --settings {params.settings:q} --out-dir {params.out:q} > {log:q} 2>&1"
