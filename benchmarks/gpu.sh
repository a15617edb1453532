#!/usr/bin/env bash
# Checks and measures on a GPU; needs torch, Lightning, numpy, pandas, SciPy, PyArrow and scikit-learn, and no install.
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${PYTHON:-python3}" -m greenlight_films.benchmarks.gpu "$@"
