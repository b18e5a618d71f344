//! `dockcheck completions`: a script that completes commands, options, names of rules and paths.
//!
//! clap writes the script for arguments that name a command. What it cannot know is added for bash, fish and zsh: without a
//! command's name the arguments are those of `check`, and options take lists of rules, by any of their names.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::Cli;
use super::host::names;
use crate::diagnostic::rule::Group;

/// Returns the script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut written = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dockcheck", &mut written);
    let script = String::from_utf8_lossy(&written).into_owned();
    let known = Known::new();
    match shell {
        Shell::Bash => bash(&script, &known),
        Shell::Fish => fish(&script, &known),
        Shell::Zsh => zsh(&script, &known),
        _ => script,
    }
}

/// What the added parts of the scripts name.
struct Known {
    commands: Vec<String>,
    /// Options of `check` with a value, as they are written.
    with_value: Vec<String>,
    /// Names of rules and groups, and other tools' names of rules, each with a few words.
    rules: Vec<(String, String)>,
}

/// The options that take a list of rules.
const RULE_LISTS: [&str; 3] = ["--select", "--ignore", "--extend-select"];

impl Known {
    fn new() -> Self {
        let mut whole = Cli::command();
        whole.build();
        let visible = whole.get_subcommands().filter(|command| !command.is_hide_set());
        let mut commands: Vec<String> = visible.map(|command| command.get_name().to_owned()).collect();
        commands.push("explain".to_owned());
        let with_value = whole.find_subcommand("check").map(with_value).unwrap_or_default();
        let all = names();
        let mut rules: Vec<(String, String)> =
            all.rules().iter().map(|rule| (rule.name.to_owned(), rule.front().summary.clone())).collect();
        rules.extend(Group::ALL.iter().map(|group| (group.as_str().to_owned(), "a group of rules".to_owned())));
        for rule in all.rules() {
            rules.extend(rule.front().aliases.iter().map(|alias| (alias.clone(), rule.name.to_owned())));
        }
        rules.sort();
        rules.dedup_by(|a, b| a.0 == b.0);
        Known { commands, with_value, rules }
    }

    fn rule_names(&self) -> String {
        self.rules.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")
    }
}

fn with_value(command: &Command) -> Vec<String> {
    let mut out = Vec::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_positional() && arg.get_action().takes_values()) {
        out.extend(arg.get_short_and_visible_aliases().into_iter().flatten().map(|c| format!("-{c}")));
        out.extend(arg.get_all_short_aliases().into_iter().flatten().map(|c| format!("-{c}")));
        out.extend(arg.get_long().map(|long| format!("--{long}")));
        out.extend(arg.get_all_aliases().into_iter().flatten().map(|long| format!("--{long}")));
    }
    out.sort();
    out.dedup();
    out
}

fn bash(script: &str, known: &Known) -> String {
    // The script ends with its own `complete`, which another one replaces.
    let mut out = script.replace("complete -F _dockcheck ", "complete -F _dockcheck_or_check ");
    let (commands, with_value, lists) = (known.commands.join("|"), known.with_value.join("|"), RULE_LISTS.join("|"));
    let words = known.commands.join(" ");
    let rules = known.rule_names();
    let _ = write!(
        out,
        r#"
_dockcheck_rules="{rules}"

# Without a command's name the arguments are those of `check`.
_dockcheck_or_check() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" first="" takes_value="" word i
    [[ $cur == "=" ]] && cur=""
    [[ $prev == "=" ]] && prev="${{COMP_WORDS[COMP_CWORD-2]}}"
    COMPREPLY=()
    for (( i = 1; i < COMP_CWORD; i++ )); do
        word="${{COMP_WORDS[i]}}"
        if [[ -n $takes_value ]]; then
            [[ $word == "=" ]] || takes_value=""
            continue
        fi
        case "$word" in
            {with_value}) takes_value=1 ;;
            -*) ;;
            *) first="$word"; break ;;
        esac
    done
    case "$prev" in
        {lists})
            word="${{cur##*,}}"
            COMPREPLY=($(compgen -P "${{cur%"$word"}}" -W "$_dockcheck_rules" -- "$word"))
            return 0
            ;;
    esac
    takes_value=""
    case "$prev" in
        {with_value}) takes_value=1 ;;
    esac
    if [[ -z $takes_value && $cur != -* ]]; then
        case "$first" in
            rule|explain)
                COMPREPLY=($(compgen -W "$_dockcheck_rules" -- "$cur"))
                return 0
                ;;
            "")
                compopt -o filenames 2>/dev/null
                COMPREPLY=($(compgen -W "{words}" -- "$cur"))
                while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
                return 0
                ;;
            completions|config|help|schema) ;;
            # The shell's own completion of paths follows.
            *) return 0 ;;
        esac
    fi
    case "$first" in
        {commands}) ;;
        *)
            COMP_WORDS=("${{COMP_WORDS[0]}}" check "${{COMP_WORDS[@]:1}}")
            COMP_CWORD=$((COMP_CWORD + 1))
            ;;
    esac
    _dockcheck "$1" "$cur" "$prev"
    local found=("${{COMPREPLY[@]}}")
    COMPREPLY=()
    for word in "${{found[@]}}"; do
        # `[PATH]...` is a placeholder.
        [[ $word == [\[\<]* ]] || COMPREPLY+=("$word")
    done
}}
"#
    );
    out
}

fn fish(script: &str, known: &Known) -> String {
    // clap's functions do not find the command after an option that takes a value.
    let functions = script.find("complete -c").unwrap_or_default();
    let (commands, with_value) = (known.commands.join(" "), known.with_value.join(" "));
    let mut out = format!(
        r#"# Prints the command that is named. Without a name the arguments are those of `check`.
function __fish_dockcheck_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l takes_value
    for word in $words
        if test -n "$takes_value"
            set takes_value
        else if contains -- $word {with_value}
            set takes_value 1
        else if not string match -q -- '-*' $word
            if test $word = explain
                echo rule
            else if contains -- $word {commands}
                echo $word
            else
                echo check
            end
            return
        end
    end
end

function __fish_dockcheck_needs_command
    test -z (__fish_dockcheck_command)""
end

function __fish_dockcheck_using_subcommand
    set -l command (__fish_dockcheck_command)
    test -n "$command"
    or set command check
    contains -- $command $argv
end

"#
    );
    out.push_str(script.get(functions..).unwrap_or_default());
    out.push_str("\nfunction __fish_dockcheck_rules\n    set -l given (string match -r '^.*,' -- (commandline -ct | string replace -r '^--[a-z-]+=' ''))\n");
    for (name, words) in &known.rules {
        let _ = writeln!(out, "    printf '%s%s\\t%s\\n' \"$given\" {name} {}", quote_for_fish(words));
    }
    out.push_str("end\n\n");
    for option in RULE_LISTS {
        let option = option.trim_start_matches('-');
        let condition = "__fish_dockcheck_using_subcommand check config lsp";
        let _ = writeln!(
            out,
            "complete -c dockcheck -n \"{condition}\" -l {option} -d 'Rules' -x -a \"(__fish_dockcheck_rules)\""
        );
    }
    // Beside the commands.
    out.push_str("complete -c dockcheck -n \"__fish_dockcheck_needs_command\" -F\n");
    out.push_str(
        "complete -c dockcheck -n \"__fish_dockcheck_using_subcommand rule\" -f -a \"(__fish_dockcheck_rules)\"\n",
    );
    out
}

fn quote_for_fish(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn zsh(script: &str, known: &Known) -> String {
    // What clap calls `_dockcheck` is for arguments that name a command; the shell calls the function of the file's name.
    let script = script
        .replace("\n_dockcheck() {\n", "\n_dockcheck_command() {\n")
        // Options may follow a path.
        .replace("\n'*::", "\n'*:")
        .replace(":RULE:_default'", ":RULE:_dockcheck_rules'");
    let end = script.find("if [ \"$funcstack[1]\"").unwrap_or(script.len());
    let (before, after) = script.split_at(end);
    format!("{before}{}{after}", zsh_functions(known))
}

fn zsh_functions(known: &Known) -> String {
    let (commands, with_value) = (known.commands.join("|"), known.with_value.join("|"));
    let mut out = String::from("typeset -ga _dockcheck_rule_names=(\n");
    for (name, words) in &known.rules {
        // These characters end a name or a description.
        let words = words.replace('[', "(").replace(']', ")").replace(':', ";").replace('\\', "/");
        let _ = writeln!(out, "    '{name}:{}'", words.replace('\'', "'\\''"));
    }
    let _ = write!(
        out,
        r#")

_dockcheck_rules() {{
    _values -s , rule "${{(@)${{(@)_dockcheck_rule_names/:/[}}/%/]}}"
}}

# Without a command's name the arguments are those of `check`.
_dockcheck() {{
    local first="" takes_value="" word
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        if [[ -n $takes_value ]]; then
            takes_value=""
            continue
        fi
        case $word in
            ({with_value}) takes_value=1 ;;
            (-*) ;;
            (*) first=$word; break ;;
        esac
    done
    if [[ -z $takes_value && $words[CURRENT] != -* ]]; then
        case $first in
            ("")
                _alternative 'commands:command:_dockcheck_commands' 'paths:path:_files'
                return
                ;;
            (rule|explain)
                _describe -t rules rule _dockcheck_rule_names
                return
                ;;
        esac
    fi
    case $first in
        ({commands}) ;;
        (*)
            words=("$words[1]" check "${{(@)words[2,-1]}}")
            (( CURRENT += 1 ))
            ;;
    esac
    _dockcheck_command "$@"
}}

"#
    );
    out
}
