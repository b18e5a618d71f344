#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh environment and runs it. Needs python3 and maturin (`MATURIN` names it).
set -euo pipefail
cd "$(dirname "$0")/../.."
maturin=${MATURIN:-maturin}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$maturin" build --release --locked --quiet --out "$folder/wheels"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-index --disable-pip-version-check "$folder"/wheels/dockcheck-*.whl
wanted="dockcheck $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
[ "$("$folder/venv/bin/dockcheck" --version)" = "$wanted" ]
status=0
"$folder/venv/bin/dockcheck" testdata/projects/finetune --format concise >"$folder/out" 2>&1 || status=$?
[ "$status" = 1 ] && grep -q 'prebuilt-image-bypass' "$folder/out"
echo "the wheel runs: $wanted, $(du -h "$folder"/wheels/*.whl | cut -f1)"
