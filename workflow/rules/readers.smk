"""Readers judge the maps, blind, and what they answer comes back."""


rule kit:
    """Write the reading kit: one page for each reader, with its key in private/."""
    input:
        maps=rules.explain.output.maps,
        crops=lambda wildcards: (
            f"results/sites/{cohort_site(wildcards.cohort)}/crops.npz"
        ),
        site=lambda wildcards: f"results/sites/{cohort_site(wildcards.cohort)}/site.json",
        model="results/models/{run}/run.json",
    output:
        pages=expand("results/readers/{{run}}/{{cohort}}/{reader}.html", reader=READERS),
        key="results/readers/{run}/{cohort}/private/key.csv",
    log:
        "results/logs/kit/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/kit/{run}/{cohort}.tsv"
    wildcard_constraints:
        run=one_of([MAIN_RUN]),
        cohort=one_of(READ_COHORTS),
    group:
        "readers"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        readers=[f"--reader={reader}" for reader in READERS],
        settings=settings_json(STUDY.readers, only=("repeats", "decoys")),
        seed=STUDY.seed,
        out=lambda wildcards, output: Path(output.pages[0]).parent,
        code=code_digest("readers.kit"),
        lock=LOCK,
    message:
        "Writing the reading kit of {wildcards.cohort}"
    shell:
        "osteohip kit --maps {input.maps:q} --crops {input.crops:q} --model-facts {input.model:q}"
        " --site-facts {input.site:q} {params.readers:q} --settings {params.settings:q}"
        " --seed {params.seed} --out-dir {params.out:q} > {log:q} 2>&1"


rule simulate:
    """Read a deck as a simulated reader, of films that are all synthetic."""
    input:
        maps=rules.explain.output.maps,
        key=rules.kit.output.key,
        masks=made_masks,
    output:
        readings="results/readers/{run}/{cohort}/simulated/{reader}.csv",
    log:
        "results/logs/simulate/{run}/{cohort}/{reader}.log",
    benchmark:
        "results/benchmarks/simulate/{run}/{cohort}/{reader}.tsv"
    wildcard_constraints:
        reader=one_of(SIMULATED_READERS),
    group:
        "readers"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        masks=lambda wildcards, input: [f"--masks={path}" for path in input.masks],
        size=STUDY.images.size,
        border=STUDY.explanation.border,
        error=STUDY.readers.simulated_error,
        seed=STUDY.seed,
        code=code_digest("readers.simulate"),
        lock=LOCK,
    message:
        "Reading {wildcards.cohort} as {wildcards.reader}"
    shell:
        "osteohip simulate --reader {wildcards.reader} --key {input.key:q} --maps {input.maps:q}"
        " {params.masks:q} --size {params.size} --border {params.border}"
        " --error-rate {params.error} --seed {params.seed} --out {output.readings:q}"
        " > {log:q} 2>&1"


rule agree:
    """Lead what readers exported back to the cases, and say how far they agree."""
    input:
        key=rules.kit.output.key,
        # One folder for all cohorts holds decks of all of them.
        others=lambda wildcards: (
            expand(
                rules.kit.output.key,
                run=wildcards.run,
                cohort=[c for c in READ_COHORTS if c != wildcards.cohort],
            )
            if STUDY.readings
            else []
        ),
        simulated=expand(
            rules.simulate.output.readings,
            reader=SIMULATED_READERS,
            allow_missing=True,
        ),
        site=lambda wildcards: f"results/sites/{cohort_site(wildcards.cohort)}/site.json",
        model="results/models/{run}/run.json",
    output:
        agreement="results/readers/{run}/{cohort}/agreement.json",
    log:
        "results/logs/agree/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/agree/{run}/{cohort}.tsv"
    group:
        "readers"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        readings=lambda wildcards: readings_folder(
            STUDY, SITES[cohort_site(wildcards.cohort)]
        ),
        simulated=lambda wildcards, input: [f"--simulated={p}" for p in input.simulated],
        others=lambda wildcards, input: [f"--other-key={path}" for path in input.others],
        content=cohort_content("agree"),
        code=code_digest("readers.agree"),
        lock=LOCK,
    message:
        "Looking for readings of {wildcards.cohort}"
    shell:
        "osteohip agree --key {input.key:q} --readings {params.readings:q} {params.simulated:q}"
        " {params.others:q} --model-facts {input.model:q} --site-facts {input.site:q}"
        " --out {output.agreement:q} > {log:q} 2>&1"
