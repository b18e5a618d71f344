#!/usr/bin/env bash
# The hooks in the real pre-commit, on a git repository made here. `PRE_COMMIT` names pre-commit, `DOCKCHECK` the program for
# the hooks that use an installed one. With `PRE_COMMIT_RUST=1` the hook that builds dockcheck is tried too, which takes minutes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$(realpath "${DOCKCHECK:-$root/target/release/dockcheck}")
pre_commit=$(command -v "${PRE_COMMIT:-pre-commit}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/repo" "$folder/hooks"
ln -s "$program" "$folder/bin/dockcheck"
export PATH="$folder/bin:$PATH" PRE_COMMIT_HOME="$folder/cache"
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example

# pre-commit takes hooks from a commit.
if [ "${PRE_COMMIT_RUST:-0}" = 1 ]; then
    cp -r "$root"/{Cargo.toml,Cargo.lock,README.md,benches,rules,src,.pre-commit-hooks.yaml} "$folder/hooks"
else
    cp "$root/.pre-commit-hooks.yaml" "$folder/hooks"
fi
git -C "$folder/hooks" init --quiet
git -C "$folder/hooks" add -A
git -C "$folder/hooks" commit --quiet -m hooks
revision=$(git -C "$folder/hooks" rev-parse HEAD)

cd "$folder/repo"
git init --quiet
configure() {
    printf 'repos:\n- repo: %s\n  rev: %s\n  hooks:\n' "$folder/hooks" "$revision" >.pre-commit-config.yaml
    for id in "$@"; do printf -- '  - id: %s\n' "$id" >>.pre-commit-config.yaml; done
}
hook() {
    status=0
    "$pre_commit" run "$@" >out.txt 2>&1 || status=$?
}
expect() {
    [ "$status" = "$1" ] || { cat out.txt; echo "expected exit $1, got $status"; exit 1; }
}

configure dockcheck-system
mkdir -p api web "a folder"
printf 'services:\n  api:\n    build:\n      context: api\n      target: nothing\n' >compose.yaml
printf 'FROM debian:12 AS run\nRUN true\n' >api/Dockerfile
printf 'FROM debian:12\nRUN true\n' >"a folder/Dockerfile"
printf 'hello\n' >README.md
echo out.txt >.gitignore
git add -A
# A finding between two files is found although only one of them was changed.
hook --files api/Dockerfile
expect 1
grep -q 'compose.yaml' out.txt && grep -q 'unknown-build-target' out.txt
printf 'services:\n  api:\n    build:\n      context: api\n      target: run\n' >compose.yaml
git add -A
hook --all-files
expect 0
grep -q 'Passed' out.txt
hook --files README.md
expect 0
grep -q 'no files to check' out.txt
# What was changed is the focus: an old finding elsewhere does not stop a commit.
printf 'FROM debian:12\nRUNN true\n' >web/Dockerfile
git add -A
hook --files "a folder/Dockerfile"
expect 0
hook --files "a folder/Dockerfile" web/Dockerfile
expect 1
rm -r web

# The fixing hook fails when it changed something, and passes the second time.
configure dockcheck-fix-system
printf 'FROM debian:12\n# dockcheck: ignore[no-such-rule]\nRUN true\n' >api/Dockerfile
git add -A
hook --all-files
expect 1
grep -q 'files were modified by this hook' out.txt
[ "$(cat api/Dockerfile)" = "$(printf 'FROM debian:12 AS run\nRUN true')" ] || grep -qv 'no-such-rule' api/Dockerfile
git add -A
sed -i 's/FROM debian:12$/FROM debian:12 AS run/' api/Dockerfile
git add -A
hook --all-files
expect 0

if [ "${PRE_COMMIT_RUST:-0}" = 1 ]; then
    configure dockcheck
    git add -A
    hook --all-files
    expect 0
fi
echo "the hooks run in $("$pre_commit" --version)"
