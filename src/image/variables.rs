//! The value of a variable in the script of an instruction.

use super::state::{State, User};
use crate::dockerfile::expand::{VariableScope, VariableValue};
use crate::shell::Value;

/// Variables that a shell or the container runtime sets, in part only in some shells.
const BY_SHELL: [&str; 18] = [
    "BASH", "EUID", "HOSTNAME", "HOSTTYPE", "IFS", "LOGNAME", "MACHTYPE", "OLDPWD", "OSTYPE", "PATH", "PPID", "PWD",
    "RANDOM", "SHELL", "SHLVL", "TERM", "UID", "USER",
];

/// Which variables a base image may set, if it is no plain distribution image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageVariables {
    /// Any, so that a variable is unknown: for values that decide what a command does.
    Any,
    /// Only those that concern the image itself, if its contents are known: a variable that a tool asks for (`CXX`,
    /// `PIP_INDEX_URL`) is then unset. For the question what a command needs.
    ItsOwn,
}

/// Returns the value that a variable has when the script of an instruction begins.
///
/// - A value that the Dockerfile sets (ENV, ARG, in this stage or a parent stage) comes first.
/// - Else the base image may set it. A plain distribution image and `scratch` set only `PATH`; for any other image `others`
///   says what is assumed.
/// - `HOME` is set by the runtime from the image's user database, unless an ENV sets it. It is known for root: `/root`. It
///   is unknown for other users, and if the contents of the base image are unknown, or nothing provides that database.
/// - `PATH` is known if the Dockerfile sets all of it, or on a plain distribution image.
/// - Variables that a shell sets are unknown.
/// - All other variables are unset.
pub(crate) fn variable(scope: &VariableScope<'_>, state: &State, name: &str, others: ImageVariables) -> Value {
    let by_image = match others {
        ImageVariables::Any => scope.image_may_set() && !state.base.is_plain(),
        ImageVariables::ItsOwn => state.base.unknown.is_some(),
    };
    match scope.get(name).map(|variable| &variable.value) {
        Some(VariableValue::Known(text)) => Value::Known(text.clone()),
        Some(VariableValue::Unknown) => Value::Unknown,
        // ARG without a value leaves a value of the base image.
        Some(VariableValue::Unset) if by_image => Value::Unknown,
        Some(VariableValue::Unset) => Value::Unset,
        None if name == "HOME" => home(state),
        None if BY_SHELL.contains(&name) || by_image => Value::Unknown,
        None => Value::Unset,
    }
}

/// Returns the home folder of the user that runs the script.
fn home(state: &State) -> Value {
    let database = state.base.unknown.is_none() && !state.base.scratch;
    if database && state.user == User::Root { Value::Known("/root".to_owned()) } else { Value::Unknown }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::dockerfile::expand::{BuildInputs, Evaluation};
    use crate::image::ImageModel;
    use crate::shell::Value;
    use crate::text::Sources;

    /// The value of a variable at the last instruction: `?` if unknown, `-` if unset.
    fn value(dockerfile: &str, name: &str) -> String {
        let mut sources = Sources::new();
        let id = sources.add("Dockerfile".into(), "Dockerfile".into(), format!("{dockerfile}\nRUN x\n").into_bytes());
        let file = sources.file(id);
        let parsed = crate::dockerfile::parse(file);
        let evaluation = Evaluation::new(&parsed, &BuildInputs::default());
        let model = ImageModel::build(&parsed, &evaluation, file, None);
        match model.variable(&evaluation, parsed.instructions.len() - 1, name) {
            Value::Known(text) => text,
            Value::Unset => "-".to_owned(),
            Value::Unknown => "?".to_owned(),
        }
    }

    #[test]
    fn of_the_base_image() {
        let usual = crate::image::paths::COMMAND_FOLDERS.join(":");
        for (base, home, lang, path, other) in [
            ("scratch", "?", "-", "?", "-"),
            ("debian:12", "/root", "-", usual.as_str(), "-"),
            ("alpine:3.20", "/root", "-", usual.as_str(), "-"),
            ("python:3.12", "/root", "?", "?", "?"),
            ("example/unknown", "?", "?", "?", "?"),
        ] {
            let from = format!("FROM {base}");
            let values = ["HOME", "LANG", "PATH", "FOO"].map(|name| value(&from, name));
            assert_eq!(values, [home, lang, path, other], "{base}");
        }
    }

    #[test]
    fn of_instructions() {
        for base in ["scratch", "debian:12", "python:3.12", "example/unknown"] {
            let text = format!("FROM {base}\nENV HOME=/h LANG=C PATH=/p FOO=1\nUSER app");
            let values = ["HOME", "LANG", "PATH", "FOO"].map(|name| value(&text, name));
            assert_eq!(values, ["/h", "C", "/p", "1"], "{base}");
        }
        let usual = crate::image::paths::COMMAND_FOLDERS.join(":");
        assert_eq!(value("FROM debian:12\nENV PATH=/p:$PATH", "PATH"), format!("/p:{usual}"));
        assert_eq!(value("FROM python:3.12\nENV PATH=/p:$PATH", "PATH"), "?");
        assert_eq!(value("FROM debian:12 AS a\nENV FOO=1\nFROM a", "FOO"), "1");
        assert_eq!(value("FROM debian:12\nARG FOO=1", "FOO"), "1");
        // The image may set it, so ARG without a value is not known to be unset.
        assert_eq!(value("FROM debian:12\nARG FOO", "FOO"), "-");
        assert_eq!(value("FROM python:3.12\nARG FOO", "FOO"), "?");
    }

    #[test]
    fn home_follows_the_user() {
        assert_eq!(value("FROM debian:12\nUSER app", "HOME"), "?");
        assert_eq!(value("FROM debian:12\nUSER app\nUSER root", "HOME"), "/root");
        assert_eq!(value("FROM debian:12\nUSER 0:0", "HOME"), "/root");
        assert_eq!(value("FROM python:3.12\nUSER $WHO", "HOME"), "?");
        assert_eq!(value("FROM example/unknown\nUSER root", "HOME"), "?");
    }
}
