#!/usr/bin/env bash
# Brings Viewfinder to AWS: sets up Python and hands over to `viewfinder deploy`, with the arguments given here.
set -euo pipefail
cd "$(dirname "$0")/.."
make --quiet setup
exec .venv/bin/viewfinder deploy "$@"
