"""From films to crops."""


rule crop:
    """Cut the proximal femur out of each film, bone bright, at the network's size."""
    input:
        site=made_site,
        cohort=rules.select.output.cohort,
        linkage=rules.select.output.linkage,
        inventory=rules.inventory.output.inventory,
    output:
        crops="results/sites/{site}/crops.npz",
        manifest="results/sites/{site}/crops.csv",
        film="results/sites/{site}/example.png",
        example="results/sites/{site}/example.json",
    log:
        "results/logs/crop/{site}.log",
    benchmark:
        "results/benchmarks/crop/{site}.tsv"
    group:
        "cohort"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        site=site_folder,
        out=lambda wildcards, output: Path(output.crops).parent,
        settings=settings_json(STUDY.images),
        content=site_content("crop"),
        code=code_digest("images.crop"),
        lock=LOCK,
    message:
        "Cropping the films of {wildcards.site}"
    shell:
        "osteohip crop --site {params.site:q} --cohort {input.cohort:q}"
        " --inventory {input.inventory:q} --linkage {input.linkage:q} --out-dir {params.out:q}"
        " --settings {params.settings:q} --jobs {threads} > {log:q} 2>&1"


rule mask:
    """Cut the generator's masks of bone and cortex as the crops; a hospital's films have none."""
    input:
        site=made_site,
        masks=rules.synthesize.output.masks,
        linkage=rules.select.output.linkage,
        inventory=rules.inventory.output.inventory,
    output:
        masks="results/sites/{site}/masks.npz",
    log:
        "results/logs/mask/{site}.log",
    benchmark:
        "results/benchmarks/mask/{site}.tsv"
    wildcard_constraints:
        site=one_of(MADE_SITES),
    group:
        "cohort"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        site=site_folder,
        settings=settings_json(STUDY.images),
        code=code_digest("images.mask"),
        lock=LOCK,
    message:
        "Cutting the masks of {wildcards.site}"
    shell:
        "osteohip mask --site {params.site:q} --masks {input.masks:q} --inventory {input.inventory:q}"
        " --linkage {input.linkage:q} --out {output.masks:q} --settings {params.settings:q}"
        " > {log:q} 2>&1"
