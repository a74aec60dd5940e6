#!/usr/bin/env bash
# Untested; runs in the conda environment, from the root of the project.
set -euo pipefail
python -m pip install --require-hashes -r envs/cpu.txt
python -m pip install --no-deps --no-build-isolation --editable .
