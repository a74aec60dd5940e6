"""What Snakemake remembers of a result, and what happens where that is lost."""

import fcntl
import json
from base64 import urlsafe_b64encode
from tempfile import TemporaryFile

from snakemake.utils import listfiles

# Snakemake's own folders: a file for each result, named by its path.
RECORDS = Path(".snakemake/metadata")
INCOMPLETE = Path(".snakemake/incomplete")
# Held by each job on this machine; jobs on a cluster have their own end (docs/cluster.md).
JOBS_LOCK = Path(".snakemake/jobs.lock")
# The open lock file: closing it would free the folder.
HELD = []


def results_without_record():
    """Names of the records that results of this study should have and have not."""
    patterns = {str(output) for rule in workflow.rules for output in rule.output}
    paths = {path for pattern in patterns for path, _ in listfiles(pattern)}
    names = {urlsafe_b64encode(path.encode()).decode() for path in paths}
    return {name for name in names if not (RECORDS / name).is_file()}


def mark_incomplete(names):
    """Leave to Snakemake what nothing shows to be current, as if its job had been killed."""
    INCOMPLETE.mkdir(parents=True, exist_ok=True)
    for name in names:
        (INCOMPLETE / name).write_text(json.dumps({"external_jobid": None}))


def hold_folder():
    """Keep this folder for this process alone; the system frees it when the process ends.

    So a run that was killed leaves nothing behind that must be unlocked by hand, unlike
    Snakemake's own lock, which the profiles switch off. Jobs that outlive their killed Snakemake
    are waited for: they would write over the results of this run.
    """
    lock = Path(".snakemake/running.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkflowError(
            "another snakemake is at work in this folder: wait for it to end, or stop it"
        ) from None
    HELD.append(lock)
    with JOBS_LOCK.open("w") as jobs:
        try:
            fcntl.flock(jobs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info(
                "Jobs of a run that was killed are still at work here: waiting for them to end."
            )
            fcntl.flock(jobs, fcntl.LOCK_EX)


def check_writable():
    """Stop before the first job where its results could not be written."""
    for folder in ("results", "reports"):
        try:
            Path(folder).mkdir(exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError as error:
            raise WorkflowError(
                f"{folder}/ cannot be written: {error.strerror}"
            ) from None


if workflow.is_main_process:
    mark_incomplete(results_without_record())
    # Snakemake's own prefix, and a lock that a job's processes have in common.
    shell.prefix(
        f"set -euo pipefail; exec 9>>{JOBS_LOCK}; ! command -v flock > /dev/null || flock -s 9; "
    )


onstart:
    check_writable()
    hold_folder()
