"""Synthetic sites, made only where the configuration names a folder under results/synthetic/."""


rule synthesize:
    """Make a synthetic site folder of known truth.

    Its site.yaml and the truth beside it, all but the masks, are no declared outputs: they prove to
    the next run that the folder is synthetic and may be replaced, and Snakemake deletes declared
    outputs beforehand.
    """
    output:
        films="results/synthetic/{site}/films.csv",
        patients="results/synthetic/{site}/patients.csv",
        dxa="results/synthetic/{site}/dxa.csv",
        findings="results/synthetic/{site}/findings.csv",
        crops="results/synthetic/{site}/crops.csv",
        digest="results/synthetic/{site}.digest",
        masks="results/synthetic/{site}.truth/masks.zip",
    log:
        "results/logs/synthesize/{site}.log",
    benchmark:
        "results/benchmarks/synthesize/{site}.tsv"
    group:
        "films"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        folder=lambda wildcards, output: Path(output.films).parent,
        recipe=lambda wildcards: STUDY.synthetic[wildcards.site].recipe,
        patients=lambda wildcards: STUDY.synthetic[wildcards.site].patients,
        seed=lambda wildcards: STUDY.synthetic[wildcards.site].seed,
        code=code_digest("synthetic.synthesize"),
        lock=LOCK,
    message:
        "Making the synthetic site {wildcards.site}; progress in {log}"
    shell:
        "osteohip synthesize --recipe {params.recipe} --patients {params.patients}"
        " --seed {params.seed} --out {params.folder:q} --digest-out {output.digest:q}"
        " --jobs {threads} > {log:q} 2>&1"
