"""Scores and measures of each run on each cohort."""


rule predict:
    """Score every hip of a cohort with one run's model."""
    input:
        unpack(predict_inputs),
        bundle=rules.train.output.bundle,
    output:
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
    log:
        "results/logs/predict/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/predict/{run}/{cohort}.tsv"
    conda:
        MODEL_ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=int(STUDY.device == "gpu"),
    params:
        model=lambda wildcards, input: Path(input.bundle[0]).parent,
        part=lambda wildcards, input: (
            ["--split", input.split, "--part", wildcards.cohort]
            if "split" in input.keys()
            else []
        ),
        mixing=["--allow-mixing"] if STUDY.allow_mixing else [],
        device=STUDY.device,
        code=code_digest("model.predict"),
        lock=MODEL_LOCK,
    message:
        "Scoring {wildcards.cohort} with {wildcards.run}"
    shell:
        "osteohip predict --model {params.model:q} --crops {input.crops:q}"
        " --cohort {input.cohort:q} --site-facts {input.facts:q} {params.part:q} {params.mixing:q}"
        " --device {params.device} --out {output.predictions:q} > {log:q} 2>&1"


rule threshold:
    """Fix the operating point of one run, which completes its bundle."""
    input:
        run="results/models/{run}/run.json",
    output:
        threshold="results/models/{run}/threshold.json",
    log:
        "results/logs/threshold/{run}.log",
    benchmark:
        "results/benchmarks/threshold/{run}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        settings=settings_json(STUDY.evaluation),
        code=code_digest("evaluation.threshold"),
        lock=LOCK,
    message:
        "Fixing the operating point of {wildcards.run}"
    shell:
        "osteohip threshold --settings {params.settings:q} --out {output.threshold:q}"
        " > {log:q} 2>&1"


rule evaluate:
    """Measure the scores of one run on one cohort, with intervals."""
    input:
        predictions=rules.predict.output.predictions,
        threshold=rules.threshold.output.threshold,
    output:
        metrics="results/evaluation/{run}/{cohort}/metrics.json",
        roc="results/evaluation/{run}/{cohort}/roc.csv",
    log:
        "results/logs/evaluate/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/evaluate/{run}/{cohort}.tsv"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        out=lambda wildcards, output: Path(output.metrics).parent,
        code=code_digest("evaluation.evaluate"),
        lock=LOCK,
    message:
        "Evaluating {wildcards.run} on {wildcards.cohort}"
    shell:
        "osteohip evaluate --predictions {input.predictions:q}"
        " --threshold-file {input.threshold:q} --out-dir {params.out:q} > {log:q} 2>&1"
