"""From a site folder to its cohort."""


rule inventory:
    """Open every file under radiographs/ once: films get a row, all others a reason."""
    input:
        site=made_site,
    output:
        inventory="results/sites/{site}/private/inventory.csv",
        refused="results/sites/{site}/private/refused.csv",
    log:
        "results/logs/inventory/{site}.log",
    benchmark:
        "results/benchmarks/inventory/{site}.tsv"
    group:
        "films"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        site=site_folder,
        out=lambda wildcards, output: Path(output.inventory).parent,
        settings=settings_json(STUDY.inventory),
        content=site_content("inventory"),
        code=code_digest("site.inventory"),
        lock=LOCK,
    message:
        "Taking stock of the films of {wildcards.site}; progress in {log}"
    shell:
        "osteohip inventory --site {params.site:q} --out-dir {params.out:q}"
        " --settings {params.settings:q} --jobs {threads} > {log:q} 2>&1"


rule select:
    """Pair films with DXA, apply the criteria in order, and label."""
    input:
        site=made_site,
        inventory=rules.inventory.output.inventory,
        refused=rules.inventory.output.refused,
    output:
        cohort="results/sites/{site}/cohort.csv",
        flow="results/sites/{site}/flow.csv",
        facts="results/sites/{site}/site.json",
        exclusions="results/sites/{site}/private/exclusions.csv",
        linkage="results/sites/{site}/private/linkage.csv",
    log:
        "results/logs/select/{site}.log",
    benchmark:
        "results/benchmarks/select/{site}.tsv"
    group:
        "cohort"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        site=site_folder,
        out=lambda wildcards, output: Path(output.cohort).parent,
        settings=settings_json(STUDY.selection),
        seed=STUDY.seed,
        content=site_content("select"),
        code=code_digest("cohort.select"),
        lock=LOCK,
    message:
        "Selecting the cohort of {wildcards.site}"
    shell:
        "osteohip select --site {params.site:q} --inventory {input.inventory:q}"
        " --refused {input.refused:q} --out-dir {params.out:q} --settings {params.settings:q}"
        " --seed {params.seed} > {log:q} 2>&1"
