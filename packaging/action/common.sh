# Shared by the steps of the action. Nothing that came from a repository, a pull request or an input is ever run as text.
set -euo pipefail

# A message in the log that cannot become a command of the runner's.
say() {
    local level=$1 text=$2
    text=${text//'%'/'%25'}
    text=${text//$'\r'/'%0D'}
    text=${text//$'\n'/'%0A'}
    printf '::%s title=dockcheck::%s\n' "$level" "$text"
}

fail() {
    say error "$1"
    exit 2
}

# An output of the step. The delimiter is random, so that no value can end it and add outputs of its own.
output() {
    local name=$1 value=$2 delimiter
    delimiter="dockcheck_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
    printf '%s<<%s\n%s\n%s\n' "$name" "$delimiter" "$value" "$delimiter" >>"$GITHUB_OUTPUT"
}
