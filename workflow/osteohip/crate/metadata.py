"""The crate's metadata: workflow, jobs, inputs and results, as the profiles ask for them.

Profiles: Provenance Run Crate 0.5, so Workflow Run Crate and Process Run Crate 0.5 and Workflow
RO-Crate 1.0 as well, on RO-Crate 1.1 (https://www.researchobject.org/workflow-run-crate/). Of what
they recommend, who ran the study (agent, author, publisher) is not told, and software has no page.
"""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

import osteohip
from osteohip.crate.records import Job, rules_in_order
from osteohip.crate.software import Package
from osteohip.files import file_sha256

WORKFLOW_RO_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    WORKFLOW_RO_CRATE: ("Workflow RO-Crate", "1.0"),
}
# Terms that the RO-Crate 1.1 context lacks, written out so that no second context is fetched.
RUN_TERMS = "https://w3id.org/ro/terms/workflow-run#"
TERMS = {name: RUN_TERMS + name for name in ("sha256", "resourceUsage")}
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
WORKFLOW_TYPES = ("SoftwareSourceCode", "ComputationalWorkflow", "HowTo")
UNLICENSED = "No licence is stated here; the authors of the study decide."
# Units by the vocabulary that the profile's own examples take.
UNITS = {
    name: f"https://qudt.org/vocab/unit/{code}" for name, code in (("s", "SEC"), ("MB", "MegaBYTE"))
}


@dataclass(frozen=True)
class Input:
    """What a study begins with: a site folder, a received model, or another file or folder.

    Parameters
    ----------
    name
        What it is called where commands name it.
    description
        What it is.
    digests
        For each stage that reads of it, the digest of what it reads.
    """

    name: str
    description: str
    digests: Mapping[str, str]


def build_crate(
    folder: Path,
    *,
    title: str,
    description: str,
    workflow: str,
    payload: Collection[str],
    study: Path,
    jobs: Sequence[Job],
    inputs: Sequence[Input],
    packages: Sequence[Package],
    python: Package,
) -> dict[str, Any]:
    """Return the content of ``ro-crate-metadata.json``.

    Parameters
    ----------
    folder
        The crate's folder, below ``study``.
    title, description
        Of the study.
    workflow
        Path of the workflow's definition, below ``folder``.
    payload
        Paths of the crate's files, below ``folder``, ``workflow`` among them.
    study
        The study's folder, to which the paths of the jobs are relative.
    jobs
        All jobs, in the order in which they ran; at least one.
    inputs
        What the study began with.
    packages, python
        Software, Snakemake among it.
    """
    return _Crate(folder, study).build(
        title=title,
        description=description,
        workflow=workflow,
        payload=payload,
        jobs=jobs,
        inputs=inputs,
        packages=packages,
        python=python,
    )


class _Crate:
    def __init__(self, folder: Path, study: Path) -> None:
        self.folder = folder
        self.study = study
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms.update(TERMS)
        self.mentioned: list[Entity] = []

    def _add(self, identifier: str, kind: str | list[str], /, **properties: Any) -> Entity:
        entity = ContextEntity(self.crate, identifier, properties={"@type": kind, **properties})
        return self.crate.add(entity)

    def build(
        self,
        *,
        title: str,
        description: str,
        workflow: str,
        payload: Collection[str],
        jobs: Sequence[Job],
        inputs: Sequence[Input],
        packages: Sequence[Package],
        python: Package,
    ) -> dict[str, Any]:
        crate = self.crate
        ended = max(job.ended for job in jobs)
        files = {path: self._payload(path, main=path == workflow) for path in sorted(payload)}
        main = files[workflow]
        engine = self._engine(packages)
        crate.mainEntity = main
        crate.name, crate.description = title, description
        crate.datePublished = ended
        crate.license = self._add(
            "#licence", "CreativeWork", name="Licence of the study", description=UNLICENSED
        )
        profiles = {
            profile: self._add(profile, "CreativeWork", name=name, version=version)
            for profile, (name, version) in PROFILES.items()
        }
        crate.root_dataset["conformsTo"] = list(profiles.values())
        crate.metadata["conformsTo"] = [
            {"@id": "https://w3id.org/ro/crate/1.1"},
            profiles[WORKFLOW_RO_CRATE],
        ]
        self._add_run(main, engine, jobs, inputs, files)
        crate.root_dataset["mentions"] = self.mentioned
        software = [self._package(p) for p in (python, *packages) if p.name != "snakemake"]
        language = self._add(
            SNAKEMAKE, "ComputerLanguage", name="Snakemake", url="https://snakemake.github.io"
        )
        main["name"] = "osteohip"
        main["programmingLanguage"] = language
        main["license"] = "https://spdx.org/licenses/MIT"
        main["version"] = osteohip.__version__
        main["softwareRequirements"] = [engine, *software]
        result: dict[str, Any] = crate.metadata.generate()
        for entity in result["@graph"]:
            for key, value in entity.items():
                if isinstance(value, list) and len(value) == 1:
                    entity[key] = value[0]
        return result

    def _engine(self, packages: Iterable[Package]) -> Entity:
        return self._package(next(p for p in packages if p.name == "snakemake"))

    def _package(self, package: Package) -> Entity:
        return self._add(
            package.url, "SoftwareApplication", name=package.name, softwareVersion=package.version
        )

    def _payload(self, path: str, *, main: bool) -> Entity:
        """Add a file of the crate."""
        place = self.folder / path
        kind = mimetypes.guess_type(path)[0] or "text/plain"
        return self.crate.add_file(
            place,
            path,
            properties={
                "@type": ["File", *(WORKFLOW_TYPES if main else ())],
                "name": path,
                "encodingFormat": kind,
                "contentSize": str(place.stat().st_size),
                "sha256": file_sha256(place),
            },
        )

    def _result(self, path: str, files: Mapping[str, Entity]) -> Entity:
        """Return the entity of a result: a file of the crate, or one that stays where it is."""
        place = self.study / path
        inside = os.path.relpath(place, self.folder)
        if inside in files:
            return files[inside]
        identifier = f"#{path}"
        if found := self.crate.get(identifier):
            return found
        if place.is_dir():
            parts = [file for name, file in files.items() if name.startswith(f"{inside}/")]
            if not parts:
                return self._add(identifier, "CreativeWork", name=path)
            entity = self._add(
                identifier, "Collection", name=path, mainEntity=parts[0], hasPart=parts
            )
            self.mentioned.append(entity)
            return entity
        if "private" in Path(path).parts:
            about = {"description": "Private: it stays where it was made and has no digest here."}
        elif place.is_file():
            about = {"sha256": file_sha256(place), "contentSize": str(place.stat().st_size)}
        else:
            about = {"description": "It is no longer there."}
        return self._add(identifier, "CreativeWork", name=path, **about)

    def _add_run(
        self,
        main: Entity,
        engine: Entity,
        jobs: Sequence[Job],
        inputs: Sequence[Input],
        files: Mapping[str, Entity],
    ) -> None:
        """Add the run as a whole, its jobs, and what they began with."""
        tools, steps = {}, {}
        for position, rule in enumerate(rules_in_order(jobs)):
            tools[rule] = self._add(
                f"#tool-{rule}",
                "SoftwareApplication",
                name=f"osteohip {rule.replace('_', '-')}",
                softwareVersion=osteohip.__version__,
            )
            steps[rule] = self._add(
                f"#step-{rule}",
                "HowToStep",
                name=rule,
                position=str(position),
                workExample=tools[rule],
            )
        main["hasPart"], main["step"] = list(tools.values()), list(steps.values())
        began = [self._input(item) for item in inputs]
        actions = [self._add_job(n, job, tools, files) for n, job in enumerate(jobs)]
        run = self._add(
            "#run",
            "CreateAction",
            name="The study",
            description="Snakemake ran all jobs that the report needs.",
            instrument=main,
            object=began,
            result=[files[path] for path in files if path != main.id],
            startTime=min(job.started for job in jobs).isoformat(timespec="seconds"),
            endTime=max(job.ended for job in jobs).isoformat(timespec="seconds"),
            actionStatus="http://schema.org/CompletedActionStatus",
        )
        controls = [
            self._add(
                f"#control-{n}",
                "ControlAction",
                name=job.rule,
                instrument=steps[job.rule],
                object=action,
            )
            for n, (job, action) in enumerate(zip(jobs, actions, strict=True))
        ]
        self._add(
            "#orchestration",
            "OrganizeAction",
            name="Snakemake runs the jobs",
            instrument=engine,
            object=controls,
            result=run,
        )
        self.mentioned += [run, *actions]

    def _input(self, item: Input) -> Entity:
        return self._add(
            f"#input-{item.name}",
            "CreativeWork",
            name=item.name,
            description=item.description,
            identifier=[
                self._add(
                    f"#input-{item.name}-{stage}",
                    "PropertyValue",
                    name=f"digest of what {stage} reads",
                    propertyID="SHA-256, or its first digits",
                    value=value,
                )
                for stage, value in sorted(item.digests.items())
            ],
        )

    def _add_job(
        self, number: int, job: Job, tools: Mapping[str, Entity], files: Mapping[str, Entity]
    ) -> Entity:
        usage = [
            self._add(
                f"#job-{number}-{name}",
                "PropertyValue",
                name=name,
                propertyID=name,
                value=f"{value:g}",
                unitText=unit,
                unitCode=UNITS[unit],
            )
            for name, unit, value in job.usage
        ]
        about = {"resourceUsage": usage} if usage else {}
        objects = [self._result(path, files) for path in job.inputs]
        if objects:
            about["object"] = objects
        return self._add(
            f"#job-{number}",
            "CreateAction",
            name=job.rule,
            description=job.command,
            instrument=tools[job.rule],
            result=[self._result(path, files) for path in job.outputs],
            startTime=job.started.isoformat(timespec="seconds"),
            endTime=job.ended.isoformat(timespec="seconds"),
            actionStatus="http://schema.org/CompletedActionStatus",
            **about,
        )
