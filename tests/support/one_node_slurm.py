"""A SLURM of one node on this machine, for tests and measurements; nothing of it is left behind.

    python tests/support/one_node_slurm.py COMMAND ...

runs a command while it is up. It wants root, Debian's packages slurm-wlm and munge, and no SLURM
that is at work already.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# SLURM takes its configuration from here alone: it strips SLURM_CONF from the jobs it starts.
ETC = Path("/etc/slurm")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scontrol")
ENDS = ("StartTime", "EndTime")
SECONDS_TO_START = 30
SECONDS_TO_STOP = 10

SLURM_CONF = """\
ClusterName=ci
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthInfo=socket={folder}/run/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/log/jobcomp.txt
MailProg=/bin/true
MinJobAge=3600
KillWait=5
ReturnToService=2
DefMemPerCPU=500
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb} Gres=gpu:1
PartitionName=main Nodes={host} Default=YES State=UP
PartitionName=gpu Nodes={host} State=UP
"""
# A count alone makes the node invalid, so there is a file, although no GPU.
GRES_CONF = "NodeName={host} Name=gpu File=/dev/null\n"


def missing() -> str | None:
    """Say why no SLURM can be started here, or None."""
    absent = [program for program in PROGRAMS if shutil.which(program, path=search_path()) is None]
    if absent:
        return f"{', '.join(absent)} not found: install the packages slurm-wlm and munge"
    if os.geteuid() != 0:
        return "only root can start a SLURM"
    if subprocess.run(["scontrol", "ping"], capture_output=True, check=False).returncode == 0:
        return "a SLURM is at work on this machine already"
    return None


def search_path() -> str:
    """PATH with the folders of the daemons."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


@dataclass(frozen=True)
class FinishedJob:
    """One line of SLURM's own job log."""

    job_id: int
    state: str
    partition: str
    seconds: float


@dataclass(frozen=True)
class Slurm:
    """The running SLURM, whose files lie in ``folder``."""

    folder: Path

    def finished_jobs(self) -> list[FinishedJob]:
        """Jobs that ended, as SLURM's job completion log tells them."""
        log = self.folder / "log" / "jobcomp.txt"
        if not log.is_file():
            return []
        found = []
        for line in log.read_text().splitlines():
            fields = dict(field.split("=", 1) for field in line.split() if "=" in field)
            start, end = (time.strptime(fields[key], "%Y-%m-%dT%H:%M:%S") for key in ENDS)
            found.append(
                FinishedJob(
                    int(fields["JobId"]),
                    fields["JobState"],
                    fields["Partition"],
                    time.mktime(end) - time.mktime(start),
                )
            )
        return found


@contextlib.contextmanager
def one_node_slurm(folder: Path) -> Iterator[Slurm]:
    """Start a SLURM whose files lie in ``folder``, a path without spaces; stop it at the end.

    Raises
    ------
    RuntimeError
        The node did not become idle; the message holds the ends of the logs.
    """
    for name in ("run", "state", "spool", "log"):
        (folder / name).mkdir(parents=True, mode=0o755)
    key = folder / "run" / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    facts = {
        "host": socket.gethostname().split(".")[0],
        "folder": folder,
        "cpus": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "controller_port": free_port(),
        "node_port": free_port(),
    }
    texts = {"slurm.conf": SLURM_CONF.format(**facts), "gres.conf": GRES_CONF.format(**facts)}
    with replaced_files({ETC / name: text for name, text in texts.items()}):
        try:
            start(folder)
            yield Slurm(folder)
        finally:
            stop(folder)


def start(folder: Path) -> None:
    """Start the daemons and wait for the node."""
    commands = [
        [
            "munged",
            "--force",
            *(
                f"--{option}={folder / place}"
                for option, place in {
                    "key-file": "run/munge.key",
                    "socket": "run/munge.sock",
                    "pid-file": "run/munged.pid",
                    "log-file": "log/munged.log",
                    "seed-file": "state/munge.seed",
                }.items()
            ),
        ],
        ["slurmctld"],
        ["slurmd"],
    ]
    for command in commands:
        program = shutil.which(command[0], path=search_path()) or command[0]
        subprocess.run([program, *command[1:]], check=True, timeout=SECONDS_TO_START)
    end = time.monotonic() + SECONDS_TO_START
    while node_state() != "idle":
        if time.monotonic() > end:
            logs = sorted((folder / "log").glob("*.log"))
            tails = "\n".join(f"{log.name}:\n{log.read_text()[-2000:]}" for log in logs)
            raise RuntimeError(f"the node of the one-node SLURM is {node_state()!r}\n{tails}")
        time.sleep(0.2)


def node_state() -> str:
    """What SLURM says of the node; empty while nothing answers."""
    command = ["timeout", "3", "sinfo", "--noheader", "--partition=main", "--format=%T"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def stop(folder: Path) -> None:
    """Cancel what still runs and stop the daemons by their pid files."""
    subprocess.run(
        ["timeout", "5", "scancel", "--partition=main,gpu", "--signal=KILL", "--full"],
        capture_output=True,
        check=False,
    )
    for daemon in ("slurmd", "slurmctld", "munged"):
        file = folder / "run" / f"{daemon}.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            pid = int(file.read_text())
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + SECONDS_TO_STOP
            while time.monotonic() < end:
                os.kill(pid, 0)
                time.sleep(0.1)
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def replaced_files(texts: dict[Path, str]) -> Iterator[None]:
    """Write ``texts`` and put back, at the end, what was there."""
    before = {path: path.read_bytes() if path.is_file() else None for path in texts}
    try:
        for path, text in texts.items():
            path.write_text(text)
        yield
    finally:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)


def free_port() -> int:
    """A TCP port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main() -> int:
    """Run the command of the command line while SLURM is up."""
    reason = missing()
    if reason is not None or len(sys.argv) < 2:
        print(reason or __doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and clean up
    with tempfile.TemporaryDirectory() as name, one_node_slurm(Path(name) / "slurm"):
        return subprocess.run(sys.argv[1:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
