//! The words of a command.

/// Returns the index of the command's own name, after `sudo`, `env A=b`, `exec`, `time`, `nice`, `command`.
pub fn skip_prefix(words: &[String]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "sudo" | "exec" | "time" | "nice" | "command" | "env" | "nohup" | "eatmydata" => at += 1,
            "timeout" => at += 2,
            w if w.starts_with('-') && at > 0 => at += 1,
            w if at > 0 && w.split_once('=').is_some_and(|(name, _)| is_variable_name(name)) => at += 1,
            _ => break,
        }
    }
    at.min(words.len())
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Returns the file name of a path: `pip3` of `/opt/venv/bin/pip3`.
pub fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
