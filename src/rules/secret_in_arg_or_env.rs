//! rules/secret-in-arg-or-env.md

use crate::dockerfile::{Body, Keyword, Pair};
use crate::project::DockerfileView;

use super::{Findings, Rule};

pub(super) struct SecretInArgOrEnv;

impl Rule for SecretInArgOrEnv {
    fn check_dockerfile(&self, view: &DockerfileView<'_>, out: &mut Findings<'_>) {
        let Some(first) = view.parsed().stages.first() else { return };
        for (index, instruction) in view.instructions().skip(first.from) {
            let (Body::Arg(pairs) | Body::Env(pairs)) = &instruction.body else { continue };
            for pair in pairs.iter().filter(|pair| is_secret(pair, instruction.keyword)) {
                let name = pair.name.text.trim_matches(['"', '\'']);
                let what = match (instruction.keyword, &pair.value) {
                    (Keyword::Arg, _) => "whoever has the image can read it in its history",
                    (_, Some(value)) if value.text.contains('$') => {
                        "whoever has the image can read it in its configuration"
                    }
                    _ => "whoever has this file or the image can read it",
                };
                let message = format!("`{name}` looks like a secret, and {what}");
                let help = "hand it in while it is needed: `RUN --mount=type=secret,id=…` with `build.secrets` in compose, or at \
                            run time";
                out.report_check(view, index, out.warning(pair.name.span, message).help(help));
            }
        }
    }
}

fn is_secret(pair: &Pair, keyword: Keyword) -> bool {
    let lower = pair.name.text.trim_matches(['"', '\'']).to_lowercase();
    let parts = || lower.split('_');
    let has = |words: &[&str]| parts().any(|part| words.contains(&part));
    // The words are those of the builder's own check.
    let named = has(&[
        "apikey",
        "auth",
        "credential",
        "credentials",
        "key",
        "password",
        "pword",
        "passwd",
        "secret",
        "token",
    ]) && !has(&["public", "file", "version"])
        && !has(SETTINGS);
    let literal = pair.value.as_ref().map(|value| value.text.trim_matches(['"', '\'']));
    // An ARG with an empty default is handed in at the build, as one without a default is.
    let is_nothing = literal.is_some_and(|value| {
        value.is_empty() && keyword == Keyword::Env || is_reference(value) || is_placeholder(value)
    });
    if is_nothing {
        return false;
    }
    if named {
        // A fingerprint says which key to trust, to everybody.
        let fingerprint = has(&["gpg", "pgp"]) && literal.is_some_and(is_fingerprint);
        return !fingerprint && !literal.is_some_and(is_harmless);
    }
    // Short names count only with a value that gives something away.
    let short = has(&["pass", "passphrase"]) && !has(&["public", "file", "version"]);
    short && literal.is_some_and(|value| !value.is_empty() && !value.contains('$') && !is_harmless(value))
}

/// Words of names that say how keys and the like are used: `APT_KEY_DONT_WARN_ON_DANGEROUS_USAGE`, `KEY_TYPE`.
const SETTINGS: &[&str] = &[
    "algorithm",
    "allow",
    "disable",
    "disabled",
    "dont",
    "enable",
    "enabled",
    "ignore",
    "length",
    "size",
    "skip",
    "timeout",
    "ttl",
    "type",
    "usage",
    "warn",
];

/// `$NAME`, `${NAME}`, `${NAME:-DEFAULT}` with a default that is no secret: the value is somewhere else.
fn is_reference(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('$') else { return false };
    let inner = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let text = inner.unwrap_or(rest);
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if name.is_empty() {
        return false;
    }
    match after.trim_start_matches(':').strip_prefix('-') {
        Some(default) => {
            inner.is_some() && (default.is_empty() || is_harmless(default) || is_placeholder(default) || is_reference(default))
        }
        None => after.is_empty(),
    }
}

/// A text that asks to be replaced.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let begins = [
        "placeholder", "changeme", "change-me", "change_me", "change-this", "change_this", "dummy", "example", "fake", "replace-",
        "replace_", "replaceme", "todo", "your-", "your_", "xxx",
    ];
    begins.iter().any(|word| lower.starts_with(word)) || lower.starts_with('<') && lower.ends_with('>')
}

/// Key ids and fingerprints of OpenPGP: 16 or 40 hexadecimal digits, several with blanks between.
fn is_fingerprint(value: &str) -> bool {
    let hex = |word: &str| matches!(word.len(), 16 | 40) && word.bytes().all(|b| b.is_ascii_hexdigit());
    !value.is_empty() && value.split([' ', ',']).filter(|word| !word.is_empty()).all(hex)
}

/// A path, an address without a password in it, a truth value or a number is no secret.
fn is_harmless(value: &str) -> bool {
    let path = value.starts_with(['/', '~']) || value.starts_with("./") || value.starts_with("../");
    let drive = value.as_bytes().get(1..3) == Some(b":\\");
    let number = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    let url = value.split_once("://").is_some_and(|(scheme, rest)| {
        let authority = rest.split('/').next().unwrap_or("");
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') && !authority.contains('@') && !rest.contains('?')
    });
    let truth = ["true", "false", "yes", "no", "on", "off"].iter().any(|word| word.eq_ignore_ascii_case(value));
    path && !value.contains('$') || drive || number || url || truth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_placeholders() {
        for value in ["$X", "${X}", "${X_1:-}", "${X-changeme}", "${X:-${Y}}", "${X:-/run/key}"] {
            assert!(is_reference(value), "{value}");
        }
        for value in ["X", "$", "${}", "$X-y", "${X}y", "${X:-hunter2}", "${X}${Y}", "${X:?no}", "y$X"] {
            assert!(!is_reference(value), "{value}");
        }
        for value in ["changeme", "placeholder-for-build", "<token>", "your-key", "Dummy"] {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("hunter2"));
    }

    #[test]
    fn harmless_values() {
        for value in ["/run/x", "~/.ssh", "https://x.org/key.asc", "true", "Off", "42", "1.5", "C:\\keys"] {
            assert!(is_harmless(value), "{value}");
        }
        for value in ["hunter2", "", "https://u:p@x.org", "https://x.org/?token=a", "$X", "/$X"] {
            assert!(!is_harmless(value), "{value}");
        }
    }
}
