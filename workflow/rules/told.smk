"""What the crate tells of the study, and what it does not."""

import json
import os

# Keys of the configuration that hold no name of a person; of paths, their names are told.
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
    """What the study begins with, by name and digest; its place is given so that it is not told."""
    sites = [
        (f"SITE:{site}", "A site folder", folder, SITE_DIGESTS.get(site, {}))
        for site, folder in SITES.items()
    ]
    models = [
        (f"MODEL:{run}", "A received model", STUDY.model, {"receive": MODEL.digest})
        for run in RECEIVED
    ]
    weights = {
        (weights.path, weights.sha256)
        for run in STUDY.trained
        if (weights := STUDY.run_network(run).initial_weights)
    }
    files = [
        (f"WEIGHTS:{digest[:8]}", "Initial weights", place, {"train": digest})
        for place, digest in sorted(weights)
    ]
    if STUDY.readings:
        files.append(("READINGS", "Readings of the maps", STUDY.readings, {}))
    if STUDY.statements:
        files.append(("STATEMENTS", "Statements of the authors", STUDY.statements, {}))
    return json.dumps(
        [
            {
                "name": name,
                "description": description,
                "place": str(place),
                "digests": digests,
            }
            for name, description, place, digests in (*sites, *models, *files)
        ]
    )


def workflow_files():
    """The workflow's definition, the Snakefile first."""
    folder = Path(workflow.basedir)
    files = [folder / "Snakefile", *sorted(folder.glob("rules/*.smk"))]
    return [os.path.relpath(file) for file in files]
