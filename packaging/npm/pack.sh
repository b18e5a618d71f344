#!/usr/bin/env bash
# Packs all packages of npm out of the release archives in a folder: `pack.sh FOLDER`. The packages are left in it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pack() {
    local platform=$1 target=$2 suffix=$3
    local archives=("$out"/dockcheck-*-"$target".tar.gz)
    mkdir "$folder/$platform"
    tar -xzf "${archives[0]}" -C "$folder/$platform"
    node "$here/platform.mjs" "$platform" "$folder/$platform/dockcheck$suffix" "$folder/package-$platform"
    (cd "$out" && npm pack --silent "$folder/package-$platform")
}
pack linux-x64 x86_64-unknown-linux-musl ''
pack linux-arm64 aarch64-unknown-linux-musl ''
pack darwin-x64 x86_64-apple-darwin ''
pack darwin-arm64 aarch64-apple-darwin ''
pack win32-x64 x86_64-pc-windows-msvc .exe
pack win32-arm64 aarch64-pc-windows-msvc .exe
(cd "$out" && npm pack --silent "$here/dockcheck")
