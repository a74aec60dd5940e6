"""Who trains, who validates, who tests, and the proof that nothing leaks."""


rule split:
    """Divide the development patients into training, validation and test."""
    input:
        cohort=f"results/sites/{DEVELOPMENT}/cohort.csv",
        crops=f"results/sites/{DEVELOPMENT}/crops.csv",
    output:
        split="results/split/split.csv",
    log:
        "results/logs/split.log",
    benchmark:
        "results/benchmarks/split.tsv"
    group:
        "cohort"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings_json(STUDY.split),
        seed=STUDY.seed,
        code=code_digest("split.split"),
        lock=LOCK,
    message:
        "Dividing the development patients"
    shell:
        "osteohip split --cohort {input.cohort:q} --crops {input.crops:q} --out {output.split:q}"
        " --settings {params.settings:q} --seed {params.seed} > {log:q} 2>&1"


rule overlap:
    """Prove that an external site shares no patient, film or image with development."""
    input:
        expand(
            "results/sites/{site}/{file}",
            site=[DEVELOPMENT, "{site}"],
            file=["cohort.csv", "crops.csv", "private/linkage.csv"],
        ),
    output:
        overlap="results/sites/{site}/overlap.json",
    log:
        "results/logs/overlap/{site}.log",
    benchmark:
        "results/benchmarks/overlap/{site}.tsv"
    group:
        "proof"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        development=lambda wildcards, input: Path(input[0]).parent,
        external=lambda wildcards, output: Path(output.overlap).parent,
        code=code_digest("split.overlap"),
        lock=LOCK,
    message:
        "Comparing the patients of {wildcards.site} with development"
    shell:
        "osteohip overlap --development-dir {params.development:q}"
        " --external-dir {params.external:q} --out {output.overlap:q} > {log:q} 2>&1"


rule leakage:
    """Gather the proof that splits and sites are disjoint."""
    input:
        cohort=rules.split.input.cohort,
        crops=rules.split.input.crops,
        split=rules.split.output.split,
        overlaps=expand(rules.overlap.output.overlap, site=EXTERNALS),
    output:
        leakage=report(
            "results/split/leakage.json",
            caption="../report/leakage.rst",
            category="Cohorts",
            labels={"site": "all", "table": "leakage"},
        ),
    log:
        "results/logs/leakage.log",
    benchmark:
        "results/benchmarks/leakage.tsv"
    group:
        "proof"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        overlaps=lambda wildcards, input: [
            f"--overlap={path}" for path in input.overlaps
        ],
        code=code_digest("split.leakage"),
        lock=LOCK,
    message:
        "Proving that splits and sites are disjoint"
    shell:
        "osteohip leakage --cohort {input.cohort:q} --crops {input.crops:q}"
        " --split {input.split:q} {params.overlaps:q} --out {output.leakage:q} > {log:q} 2>&1"
