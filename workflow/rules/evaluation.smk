"""Scores and measures of each run on each cohort."""


rule predict:
    """Score every hip of a cohort with one run's model."""
    input:
        unpack(predict_inputs),
        bundle=expand("results/models/{{run}}/{file}", file=TRAINED_FILES),
    output:
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
    log:
        "results/logs/predict/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/predict/{run}/{cohort}.tsv"
    wildcard_constraints:
        run=one_of(SCORING_RUNS),
    conda:
        MODEL_ENVIRONMENT
    resources:
        mem_mb=lambda wildcards, input: scoring_needs(wildcards, input).megabytes,
        runtime=lambda wildcards, input: scoring_needs(wildcards, input).minutes,
        gpu=int(WANTS_GPU and not GRES),
        gres=GRES,
    params:
        model=lambda wildcards, input: Path(input.bundle[0]).parent,
        part=lambda wildcards, input: (
            ["--split", input.split, "--part", wildcards.cohort]
            if "split" in input.keys()
            else []
        ),
        mixing=["--allow-mixing"] if STUDY.allow_mixing else [],
        # A study scores with its own model before that is closed.
        unsealed=[] if MODEL else ["--unsealed"],
        device=STUDY.device,
        backend=BACKEND,
        code=code_digest("model.predict"),
        lock=MODEL_LOCK,
    message:
        "Scoring {wildcards.cohort} with {wildcards.run}"
    shell:
        "osteohip predict --model {params.model:q} --crops {input.crops:q}"
        " --cohort {input.cohort:q} --site-facts {input.facts:q} {params.part:q} {params.mixing:q}"
        " {params.unsealed:q} --device {params.device} --out {output.predictions:q} > {log:q} 2>&1"


rule ensemble:
    """Average the scores of a run's members; it has no weights of its own."""
    input:
        members=lambda wildcards: expand(
            rules.predict.output.predictions,
            run=STUDY.ensembles[wildcards.run],
            cohort=wildcards.cohort,
        ),
    output:
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
    log:
        "results/logs/ensemble/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/ensemble/{run}/{cohort}.tsv"
    wildcard_constraints:
        run=one_of(STUDY.ensembles),
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        members=lambda wildcards, input: [
            f"--predictions={path}" for path in input.members
        ],
        code=code_digest("evaluation.ensemble"),
        lock=LOCK,
    message:
        "Averaging the members of {wildcards.run} on {wildcards.cohort}"
    shell:
        "osteohip ensemble {params.members:q} --out {output.predictions:q} > {log:q} 2>&1"


rule threshold:
    """Choose operating point, refit and triage of one run on validation: its bundle is complete."""
    input:
        predictions="results/evaluation/{run}/validation/predictions.csv",
        split="results/split/split.csv",
    output:
        threshold="results/models/{run}/threshold.json",
        calibration="results/models/{run}/calibration.json",
        triage="results/models/{run}/triage.json",
    log:
        "results/logs/threshold/{run}.log",
    benchmark:
        "results/benchmarks/threshold/{run}.tsv"
    wildcard_constraints:
        run=one_of(OWN_RUNS),
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        settings=settings_json(STUDY.evaluation, only=CHOICES),
        code=code_digest("evaluation.threshold"),
        lock=LOCK,
    message:
        "Fixing the operating point of {wildcards.run}"
    shell:
        "osteohip threshold --predictions {input.predictions:q} --split {input.split:q}"
        " --settings {params.settings:q} --out {output.threshold:q}"
        " --calibration-out {output.calibration:q} --triage-out {output.triage:q}"
        " > {log:q} 2>&1"


rule evaluate:
    """Measure the scores of one run on one cohort, with intervals."""
    input:
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
        threshold=rules.threshold.output.threshold,
        calibration=rules.threshold.output.calibration,
        triage=rules.threshold.output.triage,
        cohort=lambda wildcards: (
            f"results/sites/{cohort_site(wildcards.cohort)}/cohort.csv"
        ),
    output:
        metrics=report(
            "results/evaluation/{run}/{cohort}/metrics.json",
            caption="../report/metrics.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "measures"},
        ),
        bootstrap="results/evaluation/{run}/{cohort}/bootstrap.json",
        roc=report(
            "results/evaluation/{run}/{cohort}/roc.csv",
            caption="../report/roc.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "ROC curve"},
        ),
        calibration=report(
            "results/evaluation/{run}/{cohort}/calibration.csv",
            caption="../report/calibration.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "calibration"},
        ),
        decision=report(
            "results/evaluation/{run}/{cohort}/decision.csv",
            caption="../report/decision.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "decision curve"},
        ),
        subgroups=report(
            "results/evaluation/{run}/{cohort}/subgroups.csv",
            caption="../report/subgroups.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "subgroups"},
        ),
        samplesize="results/evaluation/{run}/{cohort}/samplesize.json",
    log:
        "results/logs/evaluate/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/evaluate/{run}/{cohort}.tsv"
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        out=lambda wildcards, output: Path(output.metrics).parent,
        settings=settings_json(STUDY.evaluation),
        label=STUDY.selection.label_t_score,
        retune=lambda wildcards: (
            [] if wildcards.cohort in DEVELOPMENT_PARTS else ["--retune"]
        ),
        code=code_digest("evaluation.evaluate"),
        lock=LOCK,
    message:
        "Evaluating {wildcards.run} on {wildcards.cohort}"
    shell:
        "osteohip evaluate --predictions {input.predictions:q}"
        " --threshold-file {input.threshold:q} --calibration-file {input.calibration:q}"
        " --triage-file {input.triage:q} --cohort {input.cohort:q}"
        " --label-t-score {params.label} {params.retune:q} --settings {params.settings:q}"
        " --out-dir {params.out:q} > {log:q} 2>&1"


rule drop:
    """Take the drop from the internal test set to an external site apart."""
    input:
        unpack(internal_inputs),
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
        cohort="results/sites/{cohort}/cohort.csv",
        threshold=rules.threshold.output.threshold,
        calibration=rules.threshold.output.calibration,
    output:
        drop=report(
            "results/evaluation/{run}/{cohort}/drop.json",
            caption="../report/drop.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "change from the internal test"},
        ),
    log:
        "results/logs/drop/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/drop/{run}/{cohort}.tsv"
    wildcard_constraints:
        cohort=one_of(EXTERNALS),
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings_json(
            STUDY.evaluation, only=("recalibration", "smallest_effective_size")
        ),
        internal=lambda wildcards, input: [
            f"--{name.replace('_', '-')}={input[name]}"
            for name in internal_inputs(wildcards)
        ],
        code=code_digest("evaluation.drop"),
        lock=LOCK,
    message:
        "Taking the drop of {wildcards.run} at {wildcards.cohort} apart"
    shell:
        "osteohip drop --predictions {input.predictions:q} --cohort {input.cohort:q}"
        " --threshold-file {input.threshold:q} --calibration-file {input.calibration:q}"
        " {params.internal:q} --settings {params.settings:q} --out {output.drop:q}"
        " > {log:q} 2>&1"


rule contrast:
    """Set the external cohorts against the test set: every difference with its interval."""
    input:
        evaluation=expand(
            "results/evaluation/{{run}}/{cohort}/{file}",
            cohort=("test", *EXTERNALS),
            file=["predictions.csv", "metrics.json"],
        ),
    output:
        comparison="results/evaluation/{run}/comparison.json",
    log:
        "results/logs/contrast/{run}.log",
    benchmark:
        "results/benchmarks/contrast/{run}.tsv"
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        evaluation=lambda wildcards, output: Path(output.comparison).parent,
        externals=[f"--external={site}" for site in EXTERNALS],
        code=code_digest("evaluation.contrast"),
        lock=LOCK,
    message:
        "Setting the external cohorts of {wildcards.run} against its test set"
    shell:
        "osteohip contrast --evaluation {params.evaluation:q} --internal test"
        " {params.externals:q} --out {output.comparison:q} > {log:q} 2>&1"


rule runs:
    """Compare seeds and variants of the model on the same cases."""
    input:
        models=expand("results/models/{run}/run.json", run=STUDY.trained),
        evaluation=expand(
            "results/evaluation/{run}/{cohort}/{file}",
            run=STUDY.runs,
            cohort=("test", *EXTERNALS),
            file=["predictions.csv", "metrics.json"],
        ),
    output:
        runs="results/evaluation/runs.json",
    log:
        "results/logs/runs.log",
    benchmark:
        "results/benchmarks/runs.tsv"
    group:
        "report"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        models=lambda wildcards, input: Path(input.models[0]).parents[1],
        evaluation=lambda wildcards, output: Path(output.runs).parent,
        cohorts=[f"--cohort={cohort}" for cohort in ("test", *EXTERNALS)],
        plans=settings_json(STUDY.plans()),
        code=code_digest("evaluation.runs"),
        lock=LOCK,
    message:
        "Comparing the runs"
    shell:
        "osteohip runs --plans {params.plans:q} --primary primary --models {params.models:q}"
        " --evaluation {params.evaluation:q} {params.cohorts:q} --out {output.runs:q} > {log:q} 2>&1"
