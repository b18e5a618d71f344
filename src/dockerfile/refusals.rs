//! What the builder refuses only when it puts stages together: quotes and braces that do not match, variables that must
//! be set, ports, signals, mounts and sources that cannot be.
//!
//! Everything here depends on an [`Evaluation`]; what an unknown value decides is not judged.

use super::expand::{Evaluation, StageBase, expanded_words, is_heredoc};
use super::flags::is_go_bool;
use super::ports::Port;
use super::suggest::nearest;
use super::{Body, Dockerfile, Fault, Flag, Instruction, Keyword, Phase, Word};
use crate::text::Span;

/// A refusal and the instruction that it is about.
#[derive(Debug)]
pub struct InstructionRefusal {
    /// Index in [`Dockerfile::instructions`].
    pub instruction: usize,
    pub fault: Fault,
}

/// How the builder begins when `--from` has a number that no stage has.
const INVALID_STAGE: &str = "invalid stage index";

impl InstructionRefusal {
    /// True if `--from` has a number that no stage has. References to stages are reported separately.
    pub fn is_about_a_stage_number(&self) -> bool {
        self.fault.builder_says.as_deref().is_some_and(|says| says.starts_with(INVALID_STAGE))
    }
}

/// What the builder refuses of the stages that the target needs, the first for each instruction.
pub fn refusals(dockerfile: &Dockerfile, evaluation: &Evaluation) -> Vec<InstructionRefusal> {
    let mut found = Vec::new();
    // Faults are in the order of their places.
    let fatal: Vec<u32> = dockerfile.faults.iter().filter(|fault| fault.fatal).map(|fault| fault.span.start).collect();
    for (index, instruction) in dockerfile.instructions.iter().enumerate() {
        let stage = evaluation.stage_of(index);
        let needed = stage.and_then(|stage| evaluation.stages().get(stage)).is_none_or(|info| info.reachable);
        let first = fatal.partition_point(|start| *start < instruction.span.start);
        let already = fatal.get(first).is_some_and(|start| *start < instruction.span.end);
        if !needed || already {
            continue;
        }
        let judge = Judge { dockerfile, evaluation, index, instruction };
        if let Err(fault) = judge.all() {
            found.push(InstructionRefusal { instruction: index, fault: *fault });
        }
    }
    found
}

type Verdict = Result<(), Box<Fault>>;

fn refuse(span: Span, message: impl Into<String>, builder: impl Into<String>) -> Verdict {
    refuse_with(span, message, builder, None)
}

fn refuse_with(
    span: Span,
    message: impl Into<String>,
    builder: impl Into<String>,
    suggestion: Option<String>,
) -> Verdict {
    Err(Box::new(Fault {
        span,
        message: message.into(),
        builder_says: Some(builder.into()),
        suggestion,
        fatal: true,
        phase: Phase::Build,
    }))
}

struct Judge<'a> {
    dockerfile: &'a Dockerfile,
    evaluation: &'a Evaluation,
    index: usize,
    instruction: &'a Instruction,
}

impl Judge<'_> {
    fn expand(&self, word: &Word) -> Result<Option<String>, Box<Fault>> {
        let scope = match self.instruction.keyword {
            Keyword::From => self.evaluation.global_scope(),
            _ => self.evaluation.scope(self.index),
        };
        let expansion = scope.expand(word);
        if let Some(error) = expansion.error {
            let required = expansion.variables.iter().any(|used| used.operator == Some('?'));
            let message = if required && !error.message.contains("syntax error") {
                "a variable that must be set here is not"
            } else if error.message.contains("matching") {
                "a quote or brace is opened here and never closed"
            } else {
                "this is no substitution that the builder knows"
            };
            refuse(error.span, message, error.message)?;
        }
        Ok(expansion.text)
    }

    fn all(&self) -> Verdict {
        for word in self.words() {
            self.expand(word)?;
        }
        match &self.instruction.body {
            Body::Expose(words) => {
                for word in words {
                    self.port(word)?;
                }
            }
            Body::Stopsignal(word) => self.signal(word)?,
            Body::Copy { .. } => self.copy()?,
            Body::Command(_) if self.instruction.keyword == Keyword::Run => {
                for flag in self.instruction.flags.iter().filter(|flag| flag.name == "mount") {
                    self.mount(flag)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// An ARG's default is looked at only where no value is given.
    fn words(&self) -> Vec<&Word> {
        let mut words = expanded_words(self.instruction);
        if self.instruction.keyword == Keyword::Arg {
            let all = self.evaluation.variables();
            let first = all.partition_point(|variable| variable.instruction < self.index);
            let own = all.get(first..).unwrap_or(&[]).iter().take_while(|variable| variable.instruction == self.index);
            let given: Vec<Span> = own
                .filter(|variable| variable.origin == super::expand::VariableOrigin::Caller)
                .map(|variable| variable.declaration)
                .collect();
            let given = |word: &Word| given.iter().any(|span| span.contains(word.span));
            words.retain(|word| !given(word));
        }
        words
    }

    fn port(&self, word: &Word) -> Verdict {
        let (_, Some(ports)) = self.evaluation.scope(self.index).expand_words(word) else { return Ok(()) };
        for port in &ports {
            if let Err(error) = Port::parse(port) {
                let message = format!(
                    "`{port}` is no port: EXPOSE takes a number up to 65535 or a range, with `/tcp`, `/udp` or `/sctp`"
                );
                return refuse(word.span, message, error);
            }
        }
        Ok(())
    }

    fn signal(&self, word: &Word) -> Verdict {
        let Some(signal) = self.expand(word)? else { return Ok(()) };
        let name = signal.to_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        let known = match signal.parse::<i64>() {
            Ok(number) => number != 0,
            Err(_) => SIGNALS.contains(&name) || realtime(name),
        };
        if known {
            return Ok(());
        }
        let near = nearest(name, SIGNALS.iter().copied()).map(|name| format!("SIG{name}"));
        refuse_with(word.span, format!("`{signal}` is no signal"), format!("invalid signal: {signal}"), near)
    }

    fn copy(&self) -> Verdict {
        let instruction = self.instruction;
        let add = instruction.keyword == Keyword::Add;
        let Body::Copy { sources, .. } = &instruction.body else { return Ok(()) };
        if let Some(word) = instruction.flag("from").and_then(|flag| flag.value.as_ref()) {
            self.copy_from(word)?;
        }
        if let Some(word) = instruction.flag("chmod").and_then(|flag| flag.value.as_ref())
            && let Some(mode) = self.expand(word)?
            && !mode.is_empty()
            && mode.bytes().all(|byte| byte.is_ascii_digit())
            && u32::from_str_radix(&mode, 8).map_or(true, |mode| mode > 0o7777)
        {
            return refuse(
                word.span,
                format!("`{mode}` is no file mode: four octal digits at most"),
                format!("invalid chmod parameter: '{mode}'. it should be octal string and between 0 and 07777"),
            );
        }
        for source in sources.iter().filter(|source| !is_heredoc(instruction, source)) {
            let Some(text) = self.expand(source)? else { continue };
            let url = text.starts_with("http://") || text.starts_with("https://");
            if url && !add {
                let builder = match text.contains(".git") {
                    true => "source can't be a git ref for COPY",
                    false => "source can't be a URL for COPY",
                };
                return refuse(source.span, "COPY takes no URL: ADD does, with `--checksum`", builder);
            }
        }
        Ok(())
    }

    fn copy_from(&self, word: &Word) -> Verdict {
        if word.text.contains(['\'', '"', self.dockerfile.escape])
            || word.text.find('$').is_some_and(|at| at + 1 != word.text.len())
        {
            return refuse(
                word.span,
                "`--from` takes no variable: name a stage (`FROM ${X} AS name`) and copy from that",
                "variable expansion is not supported for --from, define a new stage with FROM using ARG from global \
                 scope as a workaround",
            );
        }
        if let Ok(index) = word.text.parse::<i64>()
            && usize::try_from(index).map_or(true, |index| index >= self.dockerfile.stages.len())
        {
            let count = self.dockerfile.stages.len();
            return refuse(
                word.span,
                format!("there is no stage {index}: the file has {count}, and they count from 0"),
                format!("{INVALID_STAGE} {index}"),
            );
        }
        self.order(word)
    }

    /// A stage gives files only to later ones.
    fn order(&self, word: &Word) -> Verdict {
        let Some(here) = self.evaluation.stage_of(self.index) else { return Ok(()) };
        let Some(info) = self.evaluation.stages().get(here) else { return Ok(()) };
        let source = info.dependencies.iter().find(|d| d.instruction == self.index && d.span == word.span);
        match source.map(|dependency| &dependency.source) {
            Some(StageBase::Stage(from)) if *from == here => refuse(
                word.span,
                "a stage cannot take files from itself",
                format!("circular dependency detected on stage: {}", self.stage_name(here)),
            ),
            Some(StageBase::Stage(from)) if *from > here => refuse(
                word.span,
                format!("stage `{}` comes later in the file: only stages before this one can be taken from", word.text),
                format!(
                    "cannot copy from stage {:?}, it needs to be defined before current stage {:?}",
                    word.text,
                    self.stage_name(here)
                ),
            ),
            _ => Ok(()),
        }
    }

    fn stage_name(&self, index: usize) -> String {
        let name = self.dockerfile.stages.get(index).and_then(|stage| stage.name.as_ref());
        name.map_or_else(|| format!("stage-{index}"), |name| name.text.to_lowercase())
    }

    fn mount(&self, flag: &Flag) -> Verdict {
        const KEYS: [&str; 19] = [
            "type",
            "from",
            "source",
            "target",
            "readonly",
            "id",
            "sharing",
            "required",
            "size",
            "mode",
            "uid",
            "gid",
            "src",
            "dst",
            "destination",
            "ro",
            "rw",
            "readwrite",
            "env",
        ];
        // The type so far, as the builder has it field by field; `None` once it is unknown.
        let mut kind = Some("bind".to_owned());
        let mut set: Vec<&str> = Vec::new();
        for field in &flag.fields {
            let key = field.key.as_str();
            let Some(word) = &field.value else {
                match key {
                    "readonly" | "ro" | "readwrite" | "rw" => {}
                    "required" => self.required(field.span, kind.as_deref())?,
                    _ => {
                        return refuse(
                            field.span,
                            format!("`{key}` of a mount needs a value"),
                            format!("invalid field '{key}' must be a key=value pair"),
                        );
                    }
                }
                continue;
            };
            let known = KEYS.iter().find(|known| **known == key);
            let Some(known) = known else {
                let near = nearest(key, KEYS);
                return refuse_with(
                    field.span,
                    format!("a mount has no `{key}`"),
                    format!("unexpected key '{key}' in '{key}={}'", word.text),
                    near.map(|near| format!("{near}={}", word.text)),
                );
            };
            set.push(known);
            let value = self.expand(word)?;
            let Some(value) = value else {
                if *known == "type" {
                    kind = None;
                }
                continue;
            };
            if *known == "required" {
                self.required(field.span, kind.as_deref())?;
            }
            check_mount_value(key, word, &value, kind.as_deref())?;
            if *known == "type" {
                kind = Some(value.to_lowercase());
            }
        }
        self.mount_as_a_whole(flag, kind.as_deref(), &set)
    }

    fn required(&self, span: Span, kind: Option<&str>) -> Verdict {
        match kind {
            None | Some("secret" | "ssh") => Ok(()),
            Some(kind) => refuse(
                span,
                format!(
                    "only secret and ssh mounts can be `required`, a {kind} mount cannot (its type must come first)"
                ),
                format!("unexpected key 'required' for mount type '{kind}'"),
            ),
        }
    }

    fn mount_as_a_whole(&self, flag: &Flag, kind: Option<&str>, set: &[&str]) -> Verdict {
        let Some(kind) = kind else { return Ok(()) };
        let has = |names: &[&str]| set.iter().any(|key| names.contains(key));
        let span = flag.span;
        if matches!(kind, "bind" | "tmpfs") {
            for key in ["mode", "uid", "gid"] {
                if has(&[key]) {
                    return refuse(
                        span,
                        format!("a {kind} mount has no `{key}`"),
                        format!("{key} not allowed for {kind:?} type mounts"),
                    );
                }
            }
        }
        if kind == "secret" {
            if has(&["from"]) {
                return refuse(span, "a secret mount has no `from`", "secret mount should not have a from");
            }
            if has(&["sharing"]) {
                return refuse(span, "a secret mount has no `sharing`", "secret mount should not define sharing");
            }
            if !has(&["source", "src", "target", "dst", "destination", "id"]) {
                return refuse(
                    span,
                    "a secret mount needs an `id`",
                    "invalid secret mount. one of source, target required",
                );
            }
            if has(&["source", "src"]) && has(&["id"]) {
                return refuse(
                    span,
                    "`source` and `id` of a secret mount are one and the same",
                    "both source and id can't be set",
                );
            }
        } else if kind != "cache" && has(&["sharing"]) {
            return refuse(
                span,
                format!("only a cache mount has `sharing`, a {kind} mount has none"),
                format!("invalid cache sharing set for {kind} mount"),
            );
        }
        Ok(())
    }
}

/// Checks the value of a field that a mount has. `kind` is the type of the mount as far as it is known.
fn check_mount_value(key: &str, word: &Word, value: &str, kind: Option<&str>) -> Verdict {
    const TYPES: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];
    let wrong = |message: String, builder: String| refuse(word.span, message, builder);
    match key {
        "type" if !TYPES.contains(&value.to_lowercase().as_str()) => refuse_with(
            word.span,
            format!("`{value}` is no type of mount: there are {}", TYPES.join(", ")),
            format!("unsupported mount type {value:?}"),
            nearest(&value.to_lowercase(), TYPES).map(str::to_owned),
        ),
        "readonly" | "ro" | "readwrite" | "rw" if !is_go_bool(value) => {
            wrong(format!("`{key}` is true or false, not `{value}`"), format!("invalid value for {key}: {value}"))
        }
        "required" if !is_go_bool(value) => {
            wrong(format!("`required` is true or false, not `{value}`"), format!("invalid value for required: {value}"))
        }
        "sharing" if !["shared", "private", "locked"].contains(&value.to_lowercase().as_str()) => wrong(
            format!("`sharing` is shared, private or locked, not `{value}`"),
            format!("unsupported sharing value {value:?}"),
        ),
        "mode" if u32::from_str_radix(value, 8).is_err() => {
            wrong(format!("`mode` is an octal number, not `{value}`"), format!("invalid value {value} for mode"))
        }
        "uid" | "gid" if value.parse::<u32>().is_err() => {
            wrong(format!("`{key}` is a number, not `{value}`"), format!("invalid value {value} for {key}"))
        }
        "size" => match kind.filter(|kind| *kind != "tmpfs") {
            Some(kind) => wrong(
                format!("only a tmpfs mount has a `size`, a {kind} mount has none"),
                format!("unexpected key 'size' for mount type '{kind}'"),
            ),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn realtime(name: &str) -> bool {
    let number = |text: &str, sign: char| {
        text.strip_prefix(sign).and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|n| (1..=15).contains(&n))
    };
    name.strip_prefix("RTMIN").is_some_and(|rest| rest.is_empty() || number(rest, '+'))
        || name.strip_prefix("RTMAX").is_some_and(|rest| rest.is_empty() || number(rest, '-'))
}

/// Names of signals on Linux, `SIG` left out.
const SIGNALS: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "EMT", "INFO",
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::dockerfile::expand::BuildInputs;
    use crate::dockerfile::parse;
    use crate::text::Sources;

    fn said(text: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.into());
        let dockerfile = parse(sources.file(id));
        let evaluation = Evaluation::new(&dockerfile, &BuildInputs::default());
        refusals(&dockerfile, &evaluation).into_iter().filter_map(|refusal| refusal.fault.builder_says).collect()
    }

    #[test]
    fn what_is_refused() {
        for (line, says) in [
            ("ENV a=\"open", "matching double-quote"),
            ("WORKDIR ${", "missing '}'"),
            ("LABEL a=${b:?give-b}", "b: give-b"),
            ("EXPOSE 99999", "invalid containerPort: 99999"),
            ("EXPOSE 80/http", "invalid proto: http"),
            ("STOPSIGNAL SIGTREM", "invalid signal: SIGTREM"),
            ("COPY --from=$x a b", "variable expansion is not supported for --from"),
            ("COPY --from=7 a b", "invalid stage index 7"),
            ("COPY --from=here a b", "circular dependency"),
            ("COPY --chmod=99999 a b", "invalid chmod parameter"),
            ("COPY https://x.org/a b", "source can't be a URL for COPY"),
            ("RUN --mount=type=bnid,target=/x y", "unsupported mount type \"bnid\""),
            ("RUN --mount=type=cache,tagret=/x y", "unexpected key 'tagret'"),
            ("RUN --mount=type=cache,target=/x,sharing=all y", "unsupported sharing value"),
            ("RUN --mount=type=secret y", "invalid secret mount"),
            ("RUN --mount=target=/x,required y", "unexpected key 'required' for mount type 'bind'"),
            ("RUN --mount=type=tmpfs,target=/x,mode=0700 y", "mode not allowed for \"tmpfs\" type mounts"),
        ] {
            let said = said(&format!("FROM scratch AS here\n{line}\n"));
            assert!(said.iter().any(|said| said.contains(says)), "{line}: {said:?}");
        }
    }

    #[test]
    fn what_is_not() {
        let text = "ARG P=80\nFROM scratch AS here\nARG P\nEXPOSE $P 90/udp $UNKNOWN\nSTOPSIGNAL 9\nSTOPSIGNAL sigrtmin+3\n\
                    RUN --mount=type=secret,id=x,required=true --mount=type=cache,target=/c,sharing=locked,uid=1 y\n\
                    ADD https://x.org/a b\nCOPY --chmod=u+x a b\nENV a='b c' d=\"$P\"\nCOPY <<E /x\n\"open\nE\n";
        assert_eq!(said(text), Vec::<String>::new());
        assert_eq!(said("FROM scratch AS unused\nEXPOSE x\nFROM scratch\n"), Vec::<String>::new());
    }
}
