#!/usr/bin/env bash
# Installs dockcheck for the action: a release archive whose checksum is in the table beside this file, or from source.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

suffix=
[ "${RUNNER_OS:-}" = Windows ] && suffix=.exe

if [ "${INPUT_FROM_SOURCE:-false}" = true ]; then
    cargo install --locked --quiet --path "$here/../.." --root "$RUNNER_TEMP/dockcheck"
    output program "$RUNNER_TEMP/dockcheck/bin/dockcheck$suffix"
    exit 0
fi

table=${CHECKSUMS:-$here/checksums.txt}
version=${INPUT_VERSION:-}
version=${version#v}
if [ -z "$version" ]; then
    version=$(awk '!/^#/ && NF == 3 { last = $2 } END { print last }' "$table")
fi
[ -n "$version" ] || fail 'this version of the action knows no release yet; set `from-source: true`'
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail 'the input `version` is no release, as in 0.1.0'

case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
Linux-X64) target=x86_64-unknown-linux-musl ;;
Linux-ARM64) target=aarch64-unknown-linux-musl ;;
macOS-X64) target=x86_64-apple-darwin ;;
macOS-ARM64) target=aarch64-apple-darwin ;;
Windows-X64) target=x86_64-pc-windows-msvc ;;
Windows-ARM64) target=aarch64-pc-windows-msvc ;;
*) fail "there is no release for ${RUNNER_OS:-?} on ${RUNNER_ARCH:-?}; set \`from-source: true\`" ;;
esac

wanted=$(awk -v version="$version" -v target="$target" '!/^#/ && $2 == version && $3 == target { print $1 }' "$table")
[[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail "this version of the action knows no checksum of dockcheck $version for $target"

folder=${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/dockcheck/$version/$target
program=$folder/dockcheck$suffix
if [ ! -x "$program" ]; then
    name=dockcheck-$version-$target.tar.gz
    archive=$RUNNER_TEMP/$name
    url=https://github.com/$ACTION_REPOSITORY/releases/download/v$version/$name
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$archive" "$url"
    if command -v sha256sum >/dev/null; then
        got=$(sha256sum "$archive" | cut -d' ' -f1)
    else
        got=$(shasum -a 256 "$archive" | cut -d' ' -f1)
    fi
    # Some versions of sha256sum mark a name with a backslash in it.
    got=${got#\\}
    [ "$got" = "$wanted" ] || fail "the checksum of $name is $got, not $wanted: not installed"
    mkdir -p "$folder"
    tar -xzf "$archive" -C "$folder"
fi
output program "$program"
