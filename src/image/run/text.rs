//! The text of commands, and what it says about the archives of the distribution.

use crate::shell::{Command, Part, Variables, Word};

/// Marks an unknown part of a text.
pub(super) const GAP: char = '\u{0}';

/// Returns the words of a command after its name as one text, with [`GAP`]s for what is not known.
pub(super) fn loose_text(command: &Command, variables: &Variables<'_>) -> String {
    let words = command.effective().words.iter().skip(1);
    let texts: Vec<String> = words.map(|word| loose_word(command, word, variables)).collect();
    texts.join(" ")
}

fn loose_word(command: &Command, word: &Word, variables: &Variables<'_>) -> String {
    if let Some(text) = variables.resolve(command, word) {
        return text;
    }
    let known = |part: &Part| {
        let alone = Word { parts: vec![part.clone()], span: word.span };
        variables.resolve(command, &alone).unwrap_or_else(|| GAP.to_string())
    };
    word.parts.iter().map(known).collect()
}

/// True if a command may replace the distribution's archive: it names the list, or the server of closed archives, in
/// any other way than to add a line.
pub(super) fn replaces(command: &Command, variables: &Variables<'_>) -> bool {
    const LIST: &str = "/etc/apt/sources.list";
    let names = |text: &str| {
        let list = text.split(LIST).skip(1).any(|rest| !rest.starts_with(".d/"));
        let yum = ["/etc/yum.repos.d", "/etc/yum.conf", "/etc/dnf/dnf.conf", "CentOS-"];
        list || yum.iter().any(|part| text.contains(part))
            || matches!(text.trim_end_matches(['/', '*']), "/etc/apt" | "sources.list")
            || ["old-releases", "archive.debian.org", "snapshot.debian.org", "vault.centos.org"]
                .iter()
                .any(|server| text.contains(server))
    };
    let appends = command.effective().name.as_deref() == Some("tee")
        && command.words.iter().any(|w| w.text().as_deref() == Some("-a"));
    let words = command.words.iter().skip(1).filter_map(|word| variables.resolve(command, word));
    let overwritten = command.redirects.iter().filter(|r| r.operator.contains('>') && !r.operator.contains(">>"));
    let overwritten = overwritten.filter_map(|r| variables.resolve(command, r.target.as_ref()?));
    !appends && words.chain(overwritten).any(|text| names(&text))
}
