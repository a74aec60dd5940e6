"""What can be told without the network, in the same table."""


rule fit_baselines:
    """Fit the baselines on the training hips alone."""
    input:
        crops=f"results/sites/{DEVELOPMENT}/crops.npz",
        cohort=f"results/sites/{DEVELOPMENT}/cohort.csv",
        split=rules.split.output.split,
    output:
        baselines="results/baselines/baselines.json",
    log:
        "results/logs/fit_baselines.log",
    benchmark:
        "results/benchmarks/fit_baselines.tsv"
    group:
        "baselines"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        seed=STUDY.seed,
        code=code_digest("baselines.fit_baselines"),
        lock=LOCK,
    message:
        "Fitting the baselines"
    shell:
        "osteohip fit-baselines --crops {input.crops:q} --cohort {input.cohort:q}"
        " --split {input.split:q} --seed {params.seed} --out {output.baselines:q} > {log:q} 2>&1"


rule score_baselines:
    """Score every hip of a cohort with the baselines."""
    input:
        unpack(predict_inputs),
        baselines=rules.fit_baselines.output.baselines,
    output:
        scores="results/baselines/{cohort}.csv",
    log:
        "results/logs/score_baselines/{cohort}.log",
    benchmark:
        "results/benchmarks/score_baselines/{cohort}.tsv"
    group:
        "baselines"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        part=lambda wildcards, input: (
            ["--split", input.split, "--part", wildcards.cohort]
            if "split" in input.keys()
            else []
        ),
        code=code_digest("baselines.score_baselines"),
        lock=LOCK,
    message:
        "Scoring {wildcards.cohort} with the baselines"
    shell:
        "osteohip score-baselines --baselines {input.baselines:q} --crops {input.crops:q}"
        " --cohort {input.cohort:q} {params.part:q} --out {output.scores:q} > {log:q} 2>&1"


rule compare_baselines:
    """Set one run beside the baselines on one cohort."""
    input:
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
        threshold=rules.threshold.output.threshold,
        scores=rules.score_baselines.output.scores,
    output:
        baselines=report(
            "results/evaluation/{run}/{cohort}/baselines.csv",
            caption="../report/baselines.rst",
            category="Evaluation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "baselines"},
        ),
    log:
        "results/logs/compare_baselines/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/compare_baselines/{run}/{cohort}.tsv"
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_digest("baselines.compare_baselines"),
        lock=LOCK,
    message:
        "Comparing {wildcards.run} with the baselines on {wildcards.cohort}"
    shell:
        "osteohip compare-baselines --predictions {input.predictions:q}"
        " --threshold-file {input.threshold:q} --baselines {input.scores:q}"
        " --out {output.baselines:q} > {log:q} 2>&1"
