"""What the network looked at."""


rule explain:
    """Map every hip of a cohort with one run's network, and check the maps."""
    input:
        unpack(predict_inputs),
        bundle=expand("results/models/{{run}}/{file}", file=TRAINED_FILES),
        predictions="results/evaluation/{run}/{cohort}/predictions.csv",
        threshold=rules.threshold.output.threshold,
    output:
        maps="results/explanation/{run}/{cohort}/maps.npz",
        sanity="results/explanation/{run}/{cohort}/sanity.json",
    log:
        "results/logs/explain/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/explain/{run}/{cohort}.tsv"
    wildcard_constraints:
        run=one_of(SCORING_RUNS),
    conda:
        MODEL_ENVIRONMENT
    resources:
        mem_mb=lambda wildcards, input: explaining_needs(wildcards, input).megabytes,
        runtime=lambda wildcards, input: explaining_needs(wildcards, input).minutes,
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
        # A study explains its own model whether or not that is closed yet.
        unsealed=[] if MODEL else ["--unsealed"],
        out=lambda wildcards, output: Path(output.maps).parent,
        settings=settings_json(STUDY.explanation, only=("layers",)),
        device=STUDY.device,
        backend=BACKEND,
        code=code_digest("explanation.explain"),
        lock=MODEL_LOCK,
    message:
        "Mapping {wildcards.cohort} with {wildcards.run}"
    shell:
        "osteohip explain --model {params.model:q} --crops {input.crops:q}"
        " --cohort {input.cohort:q} --site-facts {input.facts:q} {params.part:q} {params.mixing:q}"
        " {params.unsealed:q} --predictions {input.predictions:q}"
        " --threshold-file {input.threshold:q} --settings {params.settings:q}"
        " --device {params.device} --out-dir {params.out:q} > {log:q} 2>&1"
