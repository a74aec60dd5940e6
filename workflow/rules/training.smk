"""The model: one bundle a run."""


rule train:
    """Train the network of one run and keep the epoch of best validation accuracy."""
    input:
        crops=f"results/sites/{DEVELOPMENT}/crops.npz",
        cohort=f"results/sites/{DEVELOPMENT}/cohort.csv",
        facts=f"results/sites/{DEVELOPMENT}/site.json",
        split=rules.split.output.split,
    output:
        bundle=expand("results/models/{{run}}/{file}", file=TRAINED_FILES),
    log:
        "results/logs/train/{run}.log",
    benchmark:
        "results/benchmarks/train/{run}.tsv"
    wildcard_constraints:
        run=one_of((*STUDY.trained, SHUFFLED_RUN)),
    conda:
        MODEL_ENVIRONMENT
    threads: 2
    resources:
        mem_mb=lambda wildcards, input: training_needs(wildcards, input).megabytes,
        runtime=lambda wildcards, input: training_needs(wildcards, input).minutes,
        gpu=int(WANTS_GPU and not GRES),
        gres=GRES,
    params:
        out=lambda wildcards, output: Path(output.bundle[0]).parent,
        network=lambda wildcards: settings_json(STUDY.run_network(wildcards.run)),
        training=lambda wildcards: settings_json(STUDY.run_training(wildcards.run)),
        images=settings_json(STUDY.images),
        seed=lambda wildcards: STUDY.run_seed(wildcards.run),
        device=STUDY.device,
        backend=BACKEND,
        precision=STUDY.precision,
        # No output: Snakemake deletes outputs before a job, and this is what the job goes on from.
        checkpoint="results/checkpoints/{run}.npz",
        speed="results/benchmarks/train/{run}.json",
        code=code_digest("model.train"),
        lock=MODEL_LOCK,
    message:
        "Training {wildcards.run}; progress in {log}"
    shell:
        "osteohip train --crops {input.crops:q} --cohort {input.cohort:q} --split {input.split:q}"
        " --site-facts {input.facts:q} --out-dir {params.out:q} --network {params.network:q}"
        " --training {params.training:q} --images {params.images:q} --seed {params.seed}"
        " --device {params.device} --precision {params.precision}"
        " --checkpoint {params.checkpoint:q}"
        " --speed-out {params.speed:q} > {log:q} 2>&1"
