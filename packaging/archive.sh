#!/usr/bin/env bash
# Packs a release archive: `archive.sh TARGET OUT`, with the program from target/TARGET/release, or from `DOCKCHECK`. The
# program lies at the top, beside it the manual pages, the completions and the licences. `RUNS_HERE` names a program to write
# manual pages and completions with where the packed one is for another machine.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1 out=$2
suffix=
case $target in *windows*) suffix=.exe ;; esac
program=${DOCKCHECK:-target/$target/release/dockcheck$suffix}
runs=${RUNS_HERE:-$program}
version=$("$runs" --version | cut -d' ' -f2 | tr -d '\r')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/man" "$folder/completions" "$out"
cp "$program" "$folder/dockcheck$suffix"
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$folder"
"$runs" man >"$folder/man/dockcheck.1"
for command in check rule resolve image graph files config init schema completions lsp; do
    "$runs" man "$command" >"$folder/man/dockcheck-$command.1"
done
for shell in bash elvish fish powershell zsh; do
    "$runs" completions "$shell" >"$folder/completions/dockcheck.$shell"
done
tar -czf "$out/dockcheck-$version-$target.tar.gz" -C "$folder" .
