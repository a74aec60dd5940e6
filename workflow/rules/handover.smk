"""The model on its way to another hospital: closed here, received there."""


rule seal:
    """Close a run's bundle: aggregates of its internal test, and the digest of every file."""
    input:
        trained=expand("results/models/{{run}}/{file}", file=TRAINED_FILES),
        chosen=rules.threshold.output,
        cohort=f"results/sites/{DEVELOPMENT}/cohort.csv",
        split="results/split/split.csv",
        predictions="results/evaluation/{run}/test/predictions.csv",
    output:
        reference=f"results/models/{{run}}/{REFERENCE}",
        manifest=f"results/models/{{run}}/{MANIFEST}",
    log:
        "results/logs/seal/{run}.log",
    benchmark:
        "results/benchmarks/seal/{run}.tsv"
    wildcard_constraints:
        run=one_of(STUDY.trained),
    group:
        "evaluation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        model=lambda wildcards, output: Path(output.manifest).parent,
        settings=settings_json(
            IntendedUse(
                inventory=STUDY.inventory,
                selection=STUDY.selection,
                images=STUDY.images,
                evaluation=STUDY.evaluation,
            )
        ),
        code=code_digest("handover.seal"),
        lock=LOCK,
    message:
        "Closing the bundle of {wildcards.run}"
    shell:
        "osteohip seal --model {params.model:q} --run {wildcards.run} --cohort {input.cohort:q}"
        " --split {input.split:q} --predictions {input.predictions:q}"
        " --settings {params.settings:q} > {log:q} 2>&1"


rule receive:
    """Check every file of a model bundle that was given, and copy it."""
    input:
        bundle=(
            [Path(STUDY.model) / file for file in (*BUNDLE_FILES, MANIFEST)]
            if MODEL
            else []
        ),
    output:
        bundle=expand("results/models/{{run}}/{file}", file=(*BUNDLE_FILES, MANIFEST)),
    log:
        "results/logs/receive/{run}.log",
    benchmark:
        "results/benchmarks/receive/{run}.tsv"
    wildcard_constraints:
        run=one_of(RECEIVED),
    group:
        "model"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        model=STUDY.model,
        out=lambda wildcards, output: Path(output.bundle[0]).parent,
        code=code_digest("handover.receive"),
        lock=LOCK,
    message:
        "Receiving the model"
    shell:
        "osteohip receive --model {params.model:q} --out-dir {params.out:q} > {log:q} 2>&1"
