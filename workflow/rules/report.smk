"""Tables, figures and the report, of exactly the configured sites."""


rule report:
    """Write every number, table and figure of the report."""
    input:
        unpack(report_inputs),
    output:
        numbers=report(
            "reports/numbers.json",
            caption="../report/numbers.rst",
            category="Report",
            labels={"part": "its numbers"},
        ),
        tables=report(
            directory("reports/tables"),
            patterns=["{table}.csv"],
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        figures=report(
            directory("reports/figures"),
            patterns=["{figure}.png"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        origins="reports/origins.json",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    group:
        "report"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        model=lambda wildcards, input: Path(input.bundle[0]).parent,
        options=report_options,
        run=MODEL.run if MODEL else MAIN_RUN,
        evaluation=lambda wildcards, input: Path(input.evaluation[0]).parents[1],
        out=lambda wildcards, output: Path(output.numbers).parent,
        settings=settings_json(STUDY.reported()),
        code=code_digest("report.report"),
        lock=LOCK,
    message:
        "Writing the numbers, tables and figures of the report"
    shell:
        "osteohip report --run {params.run:q} --model {params.model:q} {params.options:q}"
        " --evaluation {params.evaluation:q} --settings {params.settings:q}"
        " --out-dir {params.out:q} > {log:q} 2>&1"


rule statements:
    """Keep what only the authors can say with the results, so that its place is told nowhere."""
    output:
        statements="results/statements.json",
    log:
        "results/logs/statements.log",
    benchmark:
        "results/benchmarks/statements.tsv"
    group:
        "report"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        # No input: Snakemake's report shows those of all rules, and parameters of what it holds.
        options=[f"--file={STUDY.statements}"] if STUDY.statements else [],
        digest=file_digest(Path(STUDY.statements)) if STUDY.statements else "",
        code=code_digest("report.statements"),
        lock=LOCK,
    message:
        "Reading what the authors state"
    shell:
        "osteohip statements {params.options:q} --out {output.statements:q} > {log:q} 2>&1"


rule manuscript:
    """Write the report as HTML, PDF and DOCX, its checklists and model card, from its numbers."""
    input:
        numbers=rules.report.output.numbers,
        # Stands for the figures, by their digests: a folder would be followed by its date.
        origins=rules.report.output.origins,
        statements=rules.statements.output.statements,
    output:
        html=report(
            "reports/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"part": "the report, HTML"},
        ),
        pdf=report(
            "reports/report.pdf",
            caption="../report/report.rst",
            category="Report",
            labels={"part": "the report, PDF"},
        ),
        docx=report(
            "reports/report.docx",
            caption="../report/report.rst",
            category="Report",
            labels={"part": "the report, DOCX"},
        ),
        checklists=directory("reports/checklists"),
        card="reports/model-card.md",
    log:
        "results/logs/manuscript.log",
    benchmark:
        "results/benchmarks/manuscript.tsv"
    group:
        "report"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        folder=lambda wildcards, input: Path(input.numbers).parent,
        code=code_digest("report.manuscript"),
        lock=LOCK,
    message:
        "Writing the report"
    shell:
        "osteohip manuscript --report-dir {params.folder:q} --statements {input.statements:q}"
        " > {log:q} 2>&1"


rule supplement:
    """Show the map of every hip of the test set (S1) and of the external sites (S2)."""
    input:
        unpack(supplement_inputs),
        maps=expand(
            "results/explanation/{run}/{cohort}/{file}",
            run=MAIN_RUN,
            cohort=READ_COHORTS,
            file=["attention.csv", "attention.json", "maps.npz"],
        ),
        run=f"results/models/{MAIN_RUN}/run.json",
    output:
        expand("reports/supplement-{key}.{kind}", key=SUPPLEMENTS, kind=["html", "pdf"]),
    log:
        "results/logs/supplement.log",
    benchmark:
        "results/benchmarks/supplement.tsv"
    group:
        "supplement"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        explanation=lambda wildcards, input: Path(input.maps[0]).parents[1],
        sites=lambda wildcards, input: [
            f"--{role}={Path(facts).parent}"
            for role in ("development", "external")
            for facts in input.get(role, [])
            if facts.endswith("site.json")
        ],
        out=lambda wildcards, output: Path(output[0]).parent,
        code=code_digest("report.supplement"),
        lock=LOCK,
    message:
        "Writing the supplements"
    shell:
        "osteohip supplement --explanation {params.explanation:q} --model-facts {input.run:q}"
        " {params.sites:q} --out-dir {params.out:q} > {log:q} 2>&1"
