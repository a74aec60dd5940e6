"""What the crate tells of the study, and what it does not."""

import json
import os

# Keys of the configuration that hold no path and no name of a person.
TOLD_KEYS = (
    "allow_mixing",
    "seed",
    "device",
    "precision",
    "inventory",
    "selection",
    "images",
    "split",
    "network",
    "training",
    "runs",
    "evaluation",
    "explanation",
)


def told_results(wildcards):
    """All results of the study but the crate itself.

    A folder is left out, because it would be followed by its date; its job has files as well.
    """
    outputs = [output for rule in workflow.rules for output in rule.output]
    folders = [output for output in outputs if output.is_directory]
    return [
        file
        for file in rules.all.input
        if file not in rules.crate.output
        and not any(folder.match(file) for folder in folders)
    ]


def told_inputs():
    """Sites and a received model by their digests; a folder is given so that it is not told."""
    sites = [
        {"kind": "site", "id": site, "folder": str(folder)}
        | {"digests": SITE_DIGESTS.get(site, {})}
        for site, folder in SITES.items()
    ]
    models = [
        {"kind": "model", "id": run, "folder": str(STUDY.model)}
        | {"digests": {"receive": MODEL.digest}}
        for run in RECEIVED
    ]
    return json.dumps([*sites, *models])


def workflow_files():
    """The workflow's definition, the Snakefile first."""
    folder = Path(workflow.basedir)
    files = [folder / "Snakefile", *sorted(folder.glob("rules/*.smk"))]
    return [os.path.relpath(file) for file in files]
