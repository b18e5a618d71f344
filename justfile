# Short names for the commands of CONTRIBUTING.md: https://just.systems

# Lists the recipes.
default:
    @just --list --unsorted

# Runs what must hold before a change is merged.
check:
    bash .ci/run

# Runs `check` and everything that needs other programs or more time.
full:
    bash .ci/full

# Starts a rule: its page, its code file and its line in the registry.
new-rule NAME:
    cargo run --quiet --example new-rule -- {{quote(NAME)}}

# Runs the examples on one rule's page.
test-rule NAME:
    @test -f {{quote("rules/" + NAME + ".md")}} || { echo "there is no rules/{{NAME}}.md"; exit 1; }
    cargo test {{quote(replace(NAME, "-", "_"))}}

# Fuzzes all targets, or those named, for SECONDS each.
[positional-arguments]
fuzz SECONDS="60" *TARGETS:
    fuzz/run "$@"

# Runs the benchmarks.
bench:
    cargo bench --locked

# Writes the documentation as a book into target/book; needs mdbook.
book:
    cargo run --quiet --example site -- target/book
    mdbook build target/book

# Compares the reports of two builds; takes what `.ci/same` takes.
[positional-arguments]
same OLD NEW *FOLDERS:
    .ci/same "$@"
