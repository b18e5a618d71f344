#!/usr/bin/env bash
# Packs the main package and that of this platform, installs both without a network and runs the program. `DOCKCHECK` names
# the program that goes in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${DOCKCHECK:-$here/../../target/release/dockcheck}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
platform=$(node -p '`${process.platform}-${process.arch}`')
node "$here/platform.mjs" "$platform" "$program" "$folder/platform"
(cd "$folder" && npm pack --silent "$here/dockcheck" ./platform >/dev/null)
mkdir "$folder/user"
cd "$folder/user"
echo '{ "private": true }' >package.json
npm install --silent --offline --no-audit --no-fund --ignore-scripts ../dockcheck-*.tgz
mkdir -p node_modules/@dockcheck
status=0
npx --no-install dockcheck --version >out 2>&1 || status=$?
[ "$status" = 2 ] && grep -q 'there is no program for' out
# npm takes the platform's package from the registry; here it comes from the archive.
npm install --silent --offline --no-audit --no-fund --ignore-scripts --no-save ../dockcheck-dockcheck-*.tgz 2>/dev/null ||
    npm install --silent --offline --no-audit --no-fund --ignore-scripts --no-save "$folder"/*"$platform"*.tgz
[ "$(npx --no-install dockcheck --version)" = "$("$program" --version)" ]
status=0
printf 'FROM debian:12\nRUNN true\n' >Dockerfile
npx --no-install dockcheck --format concise >out 2>&1 || status=$?
[ "$status" = 1 ] && grep -q 'dockerfile-syntax' out
echo "the npm package runs: $("$program" --version) on $platform"
