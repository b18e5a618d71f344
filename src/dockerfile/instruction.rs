//! One instruction from its joined line: word, flags, arguments, and what the builder would refuse of them.

use std::ops::Range;

use super::flags::{self, Complaint};
use super::heredoc;
use super::json::{Json, string_array};
use super::line::Line;
use super::suggest::{distance_within, nearest};
use super::words::{is_blank, split_blank, split_flags, split_quoted, trim};
use super::{Body, CommandForm, Healthcheck, Instruction, Keyword, Pair, Phase, Word};
use crate::text::Span;

/// What all instructions of a file have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) escape: char,
    /// The file has bytes that are not UTF-8: their stand-ins are no control characters.
    pub(super) lenient_control: bool,
}

/// An instruction, and the first thing that the builder would refuse in it.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) instruction: Instruction,
    pub(super) refusal: Option<(Phase, Complaint)>,
}

/// Reads the joined line of an instruction. Lines and heredocs are the caller's to fill in.
pub(super) fn parse(line: &Line<'_>, context: Context) -> Parsed {
    part(line, 0..line.text.len(), context, false)
}

fn part(line: &Line<'_>, range: Range<usize>, context: Context, trigger: bool) -> Parsed {
    let whole = trim(line.text, range);
    let text = line.slice(whole.clone());
    let word_end = whole.start + text.find(is_blank).unwrap_or(text.len());
    let word = whole.start..word_end;
    let keyword = Keyword::from_word(line.slice(word.clone()));
    let rest = line.slice(word_end..whole.end);
    let rest_start = word_end + (rest.len() - rest.trim_start_matches(is_blank).len());
    let (flags, arguments) = split_flags(line, rest_start..whole.end, context.escape);
    let arguments = trim(line.text, arguments..whole.end);

    let mut reader = Reader {
        line,
        context,
        keyword,
        keyword_span: line.span(word.clone()),
        word: word.clone(),
        arguments: arguments.clone(),
        trigger,
        refusal: None,
    };
    let body = reader.body();
    let refusal = match reader.refusal.take() {
        Some((Phase::Parse, complaint)) => Some((Phase::Parse, complaint)),
        later => reader.check(&body, &flags).err().map(|complaint| (Phase::Instructions, complaint)).or(later),
    };
    let span = line.span(word.start..whole.end);
    let keyword_span = reader.keyword_span;
    let arguments_span = line.span(arguments);
    Parsed {
        instruction: Instruction {
            keyword,
            keyword_span,
            span,
            first_line: 0,
            last_line: 0,
            text_last_line: 0,
            flags,
            arguments: arguments_span,
            body,
            heredocs: Vec::new(),
            empty_lines: Vec::new(),
            comments: 0..0,
            checks: None,
        },
        refusal,
    }
}

struct Reader<'l, 't> {
    line: &'l Line<'t>,
    context: Context,
    keyword: Keyword,
    keyword_span: Span,
    word: Range<usize>,
    arguments: Range<usize>,
    /// This is what an ONBUILD holds.
    trigger: bool,
    refusal: Option<(Phase, Complaint)>,
}

impl Reader<'_, '_> {
    fn name(&self) -> &'static str {
        self.keyword.as_str()
    }

    fn text(&self) -> &str {
        self.line.slice(self.arguments.clone())
    }

    fn refuse(&mut self, complaint: Complaint) {
        self.refusal.get_or_insert((Phase::Parse, complaint));
    }

    fn whole(&self) -> Word {
        self.line.word(self.arguments.clone())
    }

    fn plain_words(&self) -> Vec<Word> {
        split_blank(self.line.text, self.arguments.clone()).map(|range| self.line.word(range)).collect()
    }

    fn broken(&self) -> Body {
        Body::Broken(self.plain_words())
    }

    /// The JSON form in `range`, decoded; `None` where the text is no JSON. JSON of other things than strings is refused.
    fn json(&mut self, range: Range<usize>) -> Option<Vec<Word>> {
        match string_array(self.line.slice(range.clone()), self.context.lenient_control) {
            Json::No => None,
            Json::Strings(strings) => Some(
                strings
                    .into_iter()
                    .map(|(text, at)| Word { text, span: self.line.span(range.start + at.start..range.start + at.end) })
                    .collect(),
            ),
            Json::NotStrings(at) => {
                let span = self.line.span(range.start + at.start..range.start + at.end);
                self.refuse(Complaint {
                    span,
                    message: format!("the JSON form of {} holds strings only: put this in double quotes", self.name()),
                    builder: "when using JSON array syntax, arrays must be comprised of strings only".to_owned(),
                    suggestion: None,
                });
                None
            }
        }
    }

    fn command(&mut self, range: Range<usize>) -> CommandForm {
        let span = self.line.span(range.clone());
        match self.json(range.clone()) {
            Some(words) => CommandForm::Exec { words, span },
            None => CommandForm::Shell { span, looks_like_json: self.line.slice(range).starts_with('[') },
        }
    }

    fn body(&mut self) -> Body {
        let empty = self.arguments.is_empty();
        match self.keyword {
            Keyword::From => self.from(),
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => Body::Command(self.command(self.arguments.clone())),
            Keyword::Shell => match self.json(self.arguments.clone()) {
                Some(words) => Body::Shell(words),
                None => self.broken(),
            },
            Keyword::Copy | Keyword::Add => {
                let (mut words, json) = match self.json(self.arguments.clone()) {
                    Some(words) => (words, true),
                    None => (self.plain_words(), false),
                };
                let destination = words.pop();
                if words.is_empty() {
                    return Body::Broken(destination.into_iter().collect());
                }
                Body::Copy { sources: words, destination, json }
            }
            Keyword::Volume => match self.json(self.arguments.clone()) {
                Some(paths) => Body::Volume { paths, json: true },
                None => Body::Volume { paths: self.plain_words(), json: false },
            },
            Keyword::Expose => Body::Expose(self.plain_words()),
            Keyword::Env => self.pairs().map_or_else(|| self.broken(), Body::Env),
            Keyword::Label => self.pairs().map_or_else(|| self.broken(), Body::Label),
            Keyword::Arg => Body::Arg(self.arguments_of_arg()),
            Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer if empty => self.broken(),
            Keyword::User => Body::User(self.whole()),
            Keyword::Workdir => Body::Workdir(self.whole()),
            Keyword::Stopsignal => Body::Stopsignal(self.whole()),
            Keyword::Maintainer => Body::Maintainer(self.whole()),
            Keyword::Healthcheck => self.healthcheck(),
            Keyword::Onbuild => self.onbuild(),
            Keyword::Unknown => self.broken(),
        }
    }

    fn from(&self) -> Body {
        let words: Vec<Range<usize>> = split_blank(self.line.text, self.arguments.clone()).take(4).collect();
        match words.as_slice() {
            [image] => Body::From { image: self.line.word(image.clone()), alias: None },
            [image, word, alias] if is_as(self.line.slice(word.clone())) => {
                Body::From { image: self.line.word(image.clone()), alias: Some(self.line.word(alias.clone())) }
            }
            _ => self.broken(),
        }
    }

    fn arguments_of_arg(&self) -> Vec<Pair> {
        split_quoted(self.line.text, self.arguments.clone(), self.context.escape)
            .into_iter()
            .map(|word| self.pair(word))
            .collect()
    }

    /// `NAME=value` at the first equals sign.
    fn pair(&self, word: Range<usize>) -> Pair {
        let (name, value) = match self.line.slice(word.clone()).find('=') {
            Some(at) => (word.start..word.start + at, Some(self.line.word(word.start + at + 1..word.end))),
            None => (word.clone(), None),
        };
        Pair { name: self.line.word(name), value, legacy: false, span: self.line.span(word) }
    }

    /// The pairs of ENV and LABEL. `None` if there are none to be read.
    fn pairs(&mut self) -> Option<Vec<Pair>> {
        let words = split_quoted(self.line.text, self.arguments.clone(), self.context.escape);
        let first = words.first()?.clone();
        if !self.line.slice(first.clone()).contains('=') {
            let text = self.text();
            let start = self.arguments.start;
            let Some(end) = text.find(is_blank) else {
                let name = self.name();
                let complaint = Complaint {
                    span: self.line.span(first),
                    message: format!("{name} needs a name and a value: `{name} {text}=…`"),
                    builder: format!("{name} must have two arguments"),
                    suggestion: None,
                };
                self.refuse(complaint);
                return None;
            };
            let behind = text.get(end..).unwrap_or("");
            let value_start = start + end + (behind.len() - behind.trim_start_matches(is_blank).len());
            return Some(vec![Pair {
                name: self.line.word(start..start + end),
                value: Some(self.line.word(value_start..self.arguments.end)),
                legacy: true,
                span: self.line.span(self.arguments.clone()),
            }]);
        }
        for word in &words {
            let text = self.line.slice(word.clone());
            if !text.contains('=') {
                let complaint = Complaint {
                    span: self.line.span(word.clone()),
                    message: "this word has no `=`: a value with blanks needs quotes, and every pair is `name=value`"
                        .to_owned(),
                    builder: format!("Syntax error - can't find = in {text:?}. Must be of the form: name=value"),
                    suggestion: None,
                };
                self.refuse(complaint);
                break;
            }
        }
        Some(words.into_iter().map(|word| self.pair(word)).collect())
    }

    fn healthcheck(&mut self) -> Body {
        let text = self.text();
        // The builder ends this word at ASCII white space only.
        let is_space = |c: char| is_blank(c) || c == '\n';
        let length = text.find(is_space).unwrap_or(text.len());
        let kind = text.get(..length).unwrap_or("").to_ascii_uppercase();
        let behind = text.get(length..).unwrap_or("");
        let start = self.arguments.start + length + (behind.len() - behind.trim_start_matches(is_space).len());
        let rest = start..self.arguments.end;
        if length == 0 {
            return self.broken();
        }
        let command = self.command(rest.clone());
        match kind.as_str() {
            "CMD" if !rest.is_empty() => Body::Healthcheck(Healthcheck::Command(command)),
            "NONE" if rest.is_empty() || matches!(&command, CommandForm::Exec { words, .. } if words.is_empty()) => {
                Body::Healthcheck(Healthcheck::None)
            }
            _ => self.broken(),
        }
    }

    fn onbuild(&mut self) -> Body {
        if self.arguments.is_empty() || self.trigger {
            return self.broken();
        }
        let parsed = part(self.line, self.arguments.clone(), self.context, true);
        // The trigger's own rules count when an image is built on this one; its syntax counts now.
        if let Some((Phase::Parse, complaint)) = parsed.refusal {
            self.refuse(complaint);
        } else if let Some((_, complaint)) = parsed.refusal {
            self.refusal.get_or_insert((Phase::Trigger, complaint));
        }
        Body::Onbuild(Box::new(parsed.instruction))
    }

    fn complain<T>(&self, message: impl Into<String>, builder: impl Into<String>) -> Result<T, Complaint> {
        let span = if self.arguments.is_empty() { self.keyword_span } else { self.line.span(self.arguments.clone()) };
        Err(Complaint { span, message: message.into(), builder: builder.into(), suggestion: None })
    }

    fn at_least_one(&self) -> Result<(), Complaint> {
        let name = self.name();
        self.complain(format!("{name} needs an argument"), format!("{name} requires at least one argument"))
    }

    fn exactly_one(&self) -> Result<(), Complaint> {
        let name = self.name();
        self.complain(format!("{name} needs an argument"), format!("{name} requires exactly one argument"))
    }

    /// What the builder checks once all lines are read, in its order.
    fn check(&self, body: &Body, flags: &[super::Flag]) -> Result<(), Complaint> {
        let name = self.name();
        let known_flags = || flags::check(self.keyword, flags);
        match self.keyword {
            Keyword::Unknown => self.unknown(),
            Keyword::From => {
                self.check_from(body)?;
                known_flags()
            }
            Keyword::Run => {
                known_flags()?;
                flags::check_run(flags)
            }
            Keyword::Cmd | Keyword::Entrypoint => known_flags(),
            Keyword::Env | Keyword::Label => {
                known_flags()?;
                let (Body::Env(pairs) | Body::Label(pairs)) = body else { return self.at_least_one() };
                self.check_names(pairs)
            }
            Keyword::Arg => {
                let Body::Arg(pairs) = body else { return Ok(()) };
                if pairs.is_empty() {
                    return self.at_least_one();
                }
                // A word without an equals sign may be empty (`ARG ""`).
                let assigned: Vec<Pair> = pairs.iter().filter(|pair| pair.value.is_some()).cloned().collect();
                self.check_names(&assigned)
            }
            Keyword::Add | Keyword::Copy => {
                let Body::Copy { destination, .. } = body else {
                    return self.complain(
                        format!("{name} needs a source and a destination"),
                        format!(
                            "{name} requires at least two arguments, but only one was provided. Destination could not be determined"
                        ),
                    );
                };
                known_flags()?;
                match destination {
                    Some(word) if heredoc::opening(&word.text).is_ok_and(|opening| opening.is_some()) => {
                        Err(Complaint {
                            span: word.span,
                            message: format!("the last word of {name} is its destination, which cannot be a heredoc"),
                            builder: format!("{name} cannot accept a heredoc as a destination"),
                            suggestion: None,
                        })
                    }
                    _ => Ok(()),
                }
            }
            Keyword::Expose if self.arguments.is_empty() => self.at_least_one(),
            Keyword::Expose => known_flags(),
            Keyword::Volume => {
                let Body::Volume { paths, .. } = body else { return Ok(()) };
                if paths.is_empty() {
                    return self.at_least_one();
                }
                known_flags()?;
                match paths.iter().find(|path| path.text.trim().is_empty()) {
                    Some(path) => Err(Complaint {
                        span: path.span,
                        message: "VOLUME needs a path here".to_owned(),
                        builder: "VOLUME specified can not be an empty string".to_owned(),
                        suggestion: None,
                    }),
                    None => Ok(()),
                }
            }
            Keyword::User | Keyword::Workdir | Keyword::Maintainer | Keyword::Stopsignal
                if self.arguments.is_empty() =>
            {
                self.exactly_one()
            }
            Keyword::User | Keyword::Workdir | Keyword::Maintainer | Keyword::Stopsignal => known_flags(),
            Keyword::Healthcheck => self.check_healthcheck(body, flags),
            Keyword::Onbuild => self.check_onbuild(body, flags),
            Keyword::Shell => {
                known_flags()?;
                match body {
                    Body::Shell(words) if !words.is_empty() => Ok(()),
                    Body::Broken(words) if !words.is_empty() => self.complain(
                        "SHELL takes a JSON list only: `SHELL [\"/bin/bash\", \"-c\"]`, with double quotes",
                        "SHELL requires the arguments to be in JSON form",
                    ),
                    _ => self.at_least_one(),
                }
            }
        }
    }

    fn unknown(&self) -> Result<(), Complaint> {
        let word = self.line.slice(self.word.clone());
        // A pair behind a continuation that is missing: its value may be a secret.
        let word = word.find('=').and_then(|at| word.get(..=at)).unwrap_or(word);
        let upper = word.to_ascii_uppercase();
        let near = nearest(&upper, Keyword::ALL.iter().map(|keyword| keyword.as_str()));
        let mut message = match word {
            "" => "a line of nothing but a continuation is no instruction".to_owned(),
            _ => format!("`{word}` is no instruction"),
        };
        let mut builder = format!("unknown instruction: {word}");
        let mut suggestion = None;
        if let Some(near) = near {
            let same_case = if word == word.to_lowercase() { near.to_lowercase() } else { near.to_owned() };
            builder.push_str(&format!(" (did you mean {same_case}?)"));
            // The builder proposes ENV for `v`; we want more likeness than that.
            let alike = distance_within(&upper, near, 1).is_some() && upper.len() > 1
                || upper.len() > 3 && upper.as_bytes().first() == near.as_bytes().first();
            if alike {
                message.push_str(&format!(", did you mean `{near}`?"));
                suggestion = Some(same_case);
            }
        }
        Err(Complaint { span: self.keyword_span, message, builder, suggestion })
    }

    fn check_from(&self, body: &Body) -> Result<(), Complaint> {
        let Body::From { alias, .. } = body else {
            return self.complain(
                "FROM takes an image, and perhaps `AS` and a name",
                "FROM requires either one or three arguments",
            );
        };
        let Some(alias) = alias else { return Ok(()) };
        let lower = alias.text.to_lowercase();
        let valid = lower.starts_with(|c: char| c.is_ascii_lowercase())
            && lower.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'));
        if valid {
            return Ok(());
        }
        Err(Complaint {
            span: alias.span,
            message: format!(
                "`{}` is no name for a stage: it begins with a letter and holds letters, digits, `-`, `_` and `.`",
                alias.text
            ),
            builder: format!(
                "invalid name for build stage: {:?}, name can't start with a number or contain symbols",
                alias.text
            ),
            suggestion: None,
        })
    }

    fn check_names(&self, pairs: &[Pair]) -> Result<(), Complaint> {
        let name = self.name();
        match pairs.iter().find(|pair| pair.name.text.is_empty()) {
            Some(pair) => Err(Complaint {
                span: pair.span,
                message: format!("a name is missing in front of the `=`: {name} is `name=value`, without blanks"),
                builder: format!("{name} names can not be blank"),
                suggestion: None,
            }),
            None => Ok(()),
        }
    }

    fn check_healthcheck(&self, body: &Body, flags: &[super::Flag]) -> Result<(), Complaint> {
        if self.arguments.is_empty() {
            return self.at_least_one();
        }
        let words = self.plain_words();
        let kind = words.first().map(|word| word.text.as_str()).unwrap_or("");
        if kind.eq_ignore_ascii_case("NONE") {
            return match body {
                Body::Healthcheck(Healthcheck::None) => Ok(()),
                _ => self.complain("HEALTHCHECK NONE stands alone", "HEALTHCHECK NONE takes no arguments"),
            };
        }
        flags::check(self.keyword, flags)?;
        if !kind.eq_ignore_ascii_case("CMD") {
            let upper = kind.to_uppercase();
            return self.complain(
                "HEALTHCHECK is `HEALTHCHECK [flags] CMD command` or `HEALTHCHECK NONE`",
                format!("Unknown type {upper:?} in HEALTHCHECK (try CMD)"),
            );
        }
        let command = matches!(body, Body::Healthcheck(Healthcheck::Command(form))
            if !matches!(form, CommandForm::Exec { words, .. } if words.is_empty()));
        if !command {
            return self.complain("HEALTHCHECK CMD needs a command", "Missing command after HEALTHCHECK CMD");
        }
        flags::check_healthcheck(flags)
    }

    fn check_onbuild(&self, body: &Body, flags: &[super::Flag]) -> Result<(), Complaint> {
        if self.arguments.is_empty() {
            return self.at_least_one();
        }
        flags::check(self.keyword, flags)?;
        let Body::Onbuild(trigger) = body else {
            // Only reached for an ONBUILD within an ONBUILD, which is refused from outside.
            return Ok(());
        };
        match trigger.keyword {
            Keyword::Onbuild => self.complain(
                "ONBUILD cannot hold another ONBUILD",
                "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed",
            ),
            keyword @ (Keyword::From | Keyword::Maintainer) => {
                let word = keyword.as_str();
                self.complain(
                    format!("ONBUILD cannot hold {word}"),
                    format!("{word} isn't allowed as an ONBUILD trigger"),
                )
            }
            _ => Ok(()),
        }
    }
}

/// `AS` in any case. The builder folds case as Unicode does, which adds the long s.
fn is_as(word: &str) -> bool {
    let mut chars = word.chars();
    matches!((chars.next(), chars.next(), chars.next()), (Some('a' | 'A'), Some('s' | 'S' | '\u{17f}'), None))
}
