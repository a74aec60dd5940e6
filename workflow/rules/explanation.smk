"""What the network looked at."""


rule explain:
    """Map every hip of a cohort with one run's network, and check the maps."""
    input:
        unpack(explain_inputs),
        bundle=expand("results/models/{{run}}/{file}", file=TRAINED_FILES),
    output:
        maps="results/explanation/{run}/{cohort}/maps.npz",
        sanity=report(
            "results/explanation/{run}/{cohort}/sanity.json",
            caption="../report/sanity.rst",
            category="Explanation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "randomised weights"},
        ),
    log:
        "results/logs/explain/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/explain/{run}/{cohort}.tsv"
    wildcard_constraints:
        run=one_of((*SCORING_RUNS, *([] if MODEL else [SHUFFLED_RUN]))),
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
        called=lambda wildcards, input: [
            f"--{name.replace('_', '-')}={input[name]}"
            for name in ("predictions", "threshold_file", "called_by")
            if name in input.keys()
        ],
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
        " {params.unsealed:q} {params.called:q} --settings {params.settings:q}"
        " --device {params.device} --out-dir {params.out:q} > {log:q} 2>&1"


rule seeds:
    """Compare the maps of runs that differ in their seed alone."""
    input:
        maps=expand(
            rules.explain.output.maps,
            run=MAIN_SEEDS,
            cohort="{cohort}",
            allow_missing=True,
        ),
    output:
        seeds="results/explanation/{run}/{cohort}/seeds.json",
    log:
        "results/logs/seeds/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/seeds/{run}/{cohort}.tsv"
    wildcard_constraints:
        run=one_of([MAIN_RUN] if len(MAIN_SEEDS) > 1 else []),
    group:
        "explanation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        maps=lambda wildcards, input: [f"--maps={path}" for path in input.maps],
        size=STUDY.images.size,
        code=code_digest("explanation.seeds"),
        lock=LOCK,
    message:
        "Comparing the maps of {wildcards.cohort} between seeds"
    shell:
        "osteohip seeds {params.maps:q} --size {params.size} --out {output.seeds:q} > {log:q} 2>&1"


rule beside_shuffled:
    """Set the study's maps beside those of a network that was trained on shuffled labels."""
    input:
        maps=f"results/explanation/{MAIN_RUN}/{{cohort}}/maps.npz",
        shuffled=f"results/explanation/{SHUFFLED_RUN}/{{cohort}}/maps.npz",
        cohort=lambda wildcards: (
            f"results/sites/{cohort_site(wildcards.cohort)}/cohort.csv"
        ),
    output:
        labels="results/explanation/labels/{cohort}.json",
    log:
        "results/logs/beside_shuffled/{cohort}.log",
    benchmark:
        "results/benchmarks/beside_shuffled/{cohort}.tsv"
    wildcard_constraints:
        cohort=one_of(READ_COHORTS),
    group:
        "explanation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        size=STUDY.images.size,
        code=code_digest("explanation.shuffled_labels"),
        lock=LOCK,
    message:
        "Comparing the maps of {wildcards.cohort} with those of shuffled labels"
    shell:
        "osteohip shuffled-labels --maps {input.maps:q} --shuffled {input.shuffled:q}"
        " --cohort {input.cohort:q} --size {params.size} --out {output.labels:q} > {log:q} 2>&1"


rule attend:
    """Measure what of each map lies where, and draw each map over its crop."""
    input:
        maps=rules.explain.output.maps,
        sanity=rules.explain.output.sanity,
        crops=lambda wildcards: (
            f"results/sites/{cohort_site(wildcards.cohort)}/crops.npz"
        ),
        cohort=lambda wildcards: (
            f"results/sites/{cohort_site(wildcards.cohort)}/cohort.csv"
        ),
        facts=lambda wildcards: f"results/sites/{cohort_site(wildcards.cohort)}/site.json",
        run="results/models/{run}/run.json",
        masks=made_masks,
    output:
        table=report(
            "results/explanation/{run}/{cohort}/attention.csv",
            caption="../report/attention.rst",
            category="Explanation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "what each map lies on"},
        ),
        facts=report(
            "results/explanation/{run}/{cohort}/attention.json",
            caption="../report/attention.rst",
            category="Explanation",
            subcategory="{run}",
            labels={"cohort": "{cohort}", "table": "what the maps lie on"},
        ),
        overlays=directory("results/explanation/{run}/{cohort}/overlays"),
    log:
        "results/logs/attend/{run}/{cohort}.log",
    benchmark:
        "results/benchmarks/attend/{run}/{cohort}.tsv"
    group:
        "explanation"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1500,
        runtime=20,
    params:
        masks=lambda wildcards, input: [f"--masks={path}" for path in input.masks],
        border=STUDY.explanation.border,
        out=lambda wildcards, output: Path(output.table).parent,
        settings=settings_json(STUDY.evaluation.bootstrap),
        code=code_digest("explanation.attend"),
        lock=LOCK,
    message:
        "Measuring what {wildcards.run} looked at in {wildcards.cohort}"
    shell:
        "osteohip attend --maps {input.maps:q} --sanity {input.sanity:q} --crops {input.crops:q}"
        " --cohort {input.cohort:q} --site-facts {input.facts:q} --model-facts {input.run:q}"
        " {params.masks:q} --border {params.border} --settings {params.settings:q}"
        " --out-dir {params.out:q} > {log:q} 2>&1"
