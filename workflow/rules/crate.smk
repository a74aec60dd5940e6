"""Where the results come from, as a Workflow Run RO-Crate."""


rule crate:
    """Tell other programs where the results come from: inputs, commands, software, times."""
    input:
        results=told_results,
        numbers=rules.report.output.numbers,
        definition=workflow_files(),
        locks=[
            os.path.relpath(ENVIRONMENTS / name)
            for name in ("cpu.txt", *(["gpu.txt"] if WANTS_GPU else []))
        ],
    output:
        metadata="reports/ro-crate-metadata.json",
        workflow=directory("reports/workflow"),
    log:
        "results/logs/crate.log",
    benchmark:
        "results/benchmarks/crate.tsv"
    # It reads the records that Snakemake keeps where it was started.
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        records=RECORDS,
        of=lambda wildcards, input: [
            f"--of={folder}"
            for folder in sorted({str(Path(file).parent) for file in input.results})
        ],
        workflow=lambda wildcards, input: Path(input.definition[0]).parent,
        locks=lambda wildcards, input: [f"--lock={lock}" for lock in input.locks],
        inputs=told_inputs(),
        settings=settings_json(STUDY, only=TOLD_KEYS),
        out=lambda wildcards, output: Path(output.metadata).parent,
        code=code_digest("crate.crate"),
        lock=LOCK,
    message:
        "Writing where the results come from"
    shell:
        "osteohip crate --records {params.records:q} --benchmarks results/benchmarks"
        " {params.of:q} --workflow {params.workflow:q} {params.locks:q}"
        " --numbers {input.numbers:q} --inputs {params.inputs:q} --settings {params.settings:q}"
        " --out-dir {params.out:q} > {log:q} 2>&1"
