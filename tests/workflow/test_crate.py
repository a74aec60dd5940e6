"""The study as a Workflow Run RO-Crate, by the profile's own validator."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from validator import crate_problems

pytestmark = pytest.mark.slow


def entities(reports: Path) -> dict[str, dict]:
    content = json.loads((reports / "ro-crate-metadata.json").read_text())
    return {entity["@id"]: entity for entity in content["@graph"]}


def ids(value: object) -> set[str]:
    items = value if isinstance(value, list) else [value]
    return {item["@id"] for item in items if isinstance(item, dict)}


def test_it_is_valid(small_study, tmp_path):
    assert crate_problems(small_study / "reports", tmp_path) == []


def test_of_what_is_recommended_it_lacks_who_ran_it_and_pages_of_software(small_study, tmp_path):
    problems = crate_problems(small_study / "reports", tmp_path, "RECOMMENDED")
    assert {problem.split(":", 1)[0] for problem in problems} == {
        "ro-crate-1.1_22.2",  # author
        "ro-crate-1.1_22.3",  # publisher
        "process-run-crate-0.5_8.6",  # agent
        "process-run-crate-0.5_3.2",  # url of software
        "process-run-crate-0.5_5.1",  # the address of a package (pkg:) is none of the web
        "workflow-ro-crate-1.0_6.1",  # a README.md
        "workflow-ro-crate-1.0_6.2",
        "workflow-ro-crate-1.0_8.1",  # Bioschemas: parameters of the workflow as a whole
    }


def without(entity: str, key: str) -> Callable[[dict], None]:
    return lambda graph: graph[entity].pop(key)


def of_type(graph: dict[str, dict], kind: str) -> dict:
    return next(e for e in graph.values() if e["@type"] == kind)


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (without("#run", "instrument"), "instrument"),
        (without("./", "license"), "license"),
        (without("./", "mainEntity"), "mainEntity"),
        (without("workflow/Snakefile", "hasPart"), "hasPart"),
        (without("workflow/Snakefile", "programmingLanguage"), "programmingLanguage"),
        (lambda graph: of_type(graph, "HowToStep").pop("workExample"), "workExample"),
        (lambda graph: of_type(graph, "ControlAction").pop("object"), "object"),
        (lambda graph: graph.pop("https://w3id.org/ro/wfrun/provenance/0.5"), "profile"),
    ],
)
def test_damaged_it_is_refused(small_study, tmp_path, damage, word):
    crate = shutil.copytree(small_study / "reports", tmp_path / "crate")
    path = crate / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    graph = {entity["@id"]: entity for entity in content["@graph"]}
    damage(graph)
    path.write_text(json.dumps(content | {"@graph": list(graph.values())}))
    problems = crate_problems(crate, tmp_path)
    assert any(word.lower() in problem.lower() for problem in problems), problems


def test_a_file_that_is_gone_is_refused(small_study, tmp_path):
    crate = shutil.copytree(small_study / "reports", tmp_path / "crate")
    (crate / "report.html").unlink()
    assert any("report.html" in problem for problem in crate_problems(crate, tmp_path))


def test_every_reported_file_is_in_it_by_its_digest(small_study):
    reports = small_study / "reports"
    graph = entities(reports)
    files = {
        path.relative_to(reports).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in reports.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    del files["ro-crate-metadata.json"]
    assert {name: graph[name]["sha256"] for name in files} == files
    assert ids(graph["./"]["hasPart"]) == set(files)


def test_each_job_has_command_times_inputs_and_results(small_study):
    graph = entities(small_study / "reports")
    jobs = [e for name, e in graph.items() if name.startswith("#job-") and "instrument" in e]
    assert {job["name"] for job in jobs} >= {"inventory", "crop", "train", "evaluate", "report"}
    made = set().union(*(ids(job["result"]) for job in jobs))
    for job in jobs:
        assert job["description"].startswith("osteohip ")
        assert job["startTime"] <= job["endTime"]
        assert {graph[i]["name"] for i in ids(job["resourceUsage"])} >= {"s"}
        # What went in came out of another job; a study begins with its sites alone.
        assert ids(job.get("object", [])) <= made
    assert graph["#run"]["startTime"] == min(job["startTime"] for job in jobs)
    packages = {e["name"]: e["softwareVersion"] for e in graph.values() if "softwareVersion" in e}
    assert {"Python", "snakemake", "keras", "pydicom"} <= packages.keys()


def test_private_files_have_no_digest_and_no_path_of_the_machine_is_told(small_study):
    reports = small_study / "reports"
    private = [e for name, e in entities(reports).items() if "/private/" in name]
    assert private
    assert not any("sha256" in entity for entity in private)
    text = (reports / "ro-crate-metadata.json").read_text()
    text += (reports / "workflow" / "config.json").read_text()
    assert str(small_study) not in text
    assert small_study.parts[1] not in text.replace("tmpdir", "")
