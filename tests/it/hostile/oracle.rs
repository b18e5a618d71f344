//! What the CI systems take for a command: ports of their parsers, so that a test need not trust ours.

/// A command as a runner would obey it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// GitHub's newer form (`ActionCommand.TryParseV2`): the line trimmed as .NET trims it, `::` at its start, and another one.
/// The real parser then looks the name up; here any name counts.
fn newer(line: &str) -> Option<Command> {
    let rest = line.trim().strip_prefix("::")?;
    let (head, data) = rest.split_once("::")?;
    let name = head.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    Some(Command { name, data: data.to_owned() })
}

/// GitHub's older form (`ActionCommand.TryParse`): `##[` anywhere, and a bracket that closes it.
fn older(line: &str) -> Option<Command> {
    let at = line.find("##[")?;
    let (head, data) = line.get(at + 3..)?.split_once(']')?;
    let name = head.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    Some(Command { name, data: data.to_owned() })
}

/// Every command that GitHub's runner would obey in a log. `stop-commands` is obeyed too: until its word comes back nothing is.
pub(crate) fn github(log: &str) -> Vec<Command> {
    let mut stopped: Option<String> = None;
    let mut found = Vec::new();
    // The runner reads lines as .NET does: a carriage return alone ends one too.
    for line in log.split(['\n', '\r']) {
        let Some(command) = newer(line).or_else(|| older(line)) else { continue };
        match &stopped {
            Some(word) if command.name == *word => stopped = None,
            Some(_) => {}
            None if command.name == "stop-commands" => stopped = Some(command.data),
            None => found.push(command),
        }
    }
    assert_eq!(stopped, None, "commands stay stopped");
    found
}

/// Azure's agent and TeamCity look for their openers anywhere; GitLab's log folds at `section_start:` behind an escape.
pub(crate) fn others(log: &str) -> Vec<&str> {
    let opens = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        lower.contains("##vso[")
            || lower.contains("##teamcity[")
            || lower.contains("\u{1b}[0ksection_")
            || lower.contains("\rsection_")
    };
    log.split(['\n', '\r']).filter(opens).collect()
}

#[test]
fn the_oracle_knows_commands() {
    let log = "a\n  ::error file=x::m\n::stop-commands::w\n::add-mask::x\n##[group]y\n::w::\nz ##[group]t\n::no\n";
    let names: Vec<String> = github(log).into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["error", "group"]);
    assert_eq!(others("x ##vso[task.x]\n##TeamCity[a]\n\u{1b}[0Ksection_start:1:a\nok").len(), 3);
}
