#!/usr/bin/env bash
# Runs dockcheck for the action: one scan for all reports. The verdict is left to the action's last step, so that the reports
# are uploaded before it.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

case "${INPUT_FAIL_LEVEL:=warning}" in
error | warning | info | never) ;;
*) fail 'the input `fail-level` is one of error, warning, info, never' ;;
esac

report=$RUNNER_TEMP/dockcheck.json
sarif=$RUNNER_TEMP/dockcheck.sarif
summary=$RUNNER_TEMP/dockcheck.md
arguments=(check "--fail-level=$INPUT_FAIL_LEVEL" --output "json=$report" --output "sarif=$sarif")
if [ "${INPUT_ANNOTATIONS:-true}" = true ]; then
    arguments+=(--format github)
else
    arguments+=(--format concise)
fi
arguments+=(--output "markdown=$summary")
[ -z "${INPUT_CONFIG:-}" ] || arguments+=("--config=$INPUT_CONFIG")
[ -z "${INPUT_BASELINE:-}" ] || arguments+=("--baseline=$INPUT_BASELINE")

if [ "${INPUT_CHANGED_ONLY:-false}" = true ]; then
    if [ -z "${BASE_SHA:-}" ]; then
        say notice 'not a pull request, so everything is checked'
    elif git cat-file -e "$BASE_SHA^{commit}" 2>/dev/null; then
        arguments+=("--changed-since=$BASE_SHA")
    else
        say warning 'the base of the pull request is not in this checkout (`fetch-depth: 0` brings it), so everything is checked'
    fi
fi

# Words without any further meaning: no quotes, no patterns, no expansions.
while IFS= read -r line || [ -n "$line" ]; do
    read -r -a words <<<"$line" || true
    [ "${#words[@]}" = 0 ] || arguments+=("${words[@]}")
done <<<"${INPUT_ARGS:-}"

paths=()
while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    [ -z "$line" ] || paths+=("$line")
done <<<"${INPUT_PATHS:-.}"
[ "${#paths[@]}" -gt 0 ] || paths=(.)

rm -f "$report" "$sarif" "$summary"
code=0
# The summary is added below, whatever the form of the log.
env -u GITHUB_STEP_SUMMARY "$PROGRAM" "${arguments[@]}" -- "${paths[@]}" || code=$?

if [ "${INPUT_SUMMARY:-true}" = true ] && [ -s "$summary" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    cat "$summary" >>"$GITHUB_STEP_SUMMARY"
fi

# The counts stand at the report's head, before anything that a repository wrote.
count() {
    local number
    number=$(sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$report" 2>/dev/null | head -n 1)
    printf '%s' "${number:-0}"
}
errors=$(count error)
warnings=$(count warning)
information=$(count info)
output errors "$errors"
output warnings "$warnings"
output findings "$((errors + warnings + information))"
output exit-code "$code"
output version "$("$PROGRAM" --version | cut -d' ' -f2)"

upload=no
if [ -s "$sarif" ]; then
    output sarif-file "$sarif"
    case "${INPUT_SARIF:-auto}" in
    true) upload=yes ;;
    auto)
        if [ "${PRIVATE:-true}" = false ]; then
            upload=yes
        else
            say notice 'not uploaded to code scanning, which private repositories may not have; `sarif: true` uploads all the same'
        fi
        ;;
    esac
fi
output upload "$upload"
