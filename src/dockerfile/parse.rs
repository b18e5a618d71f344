//! The parser: physical lines to instructions, as BuildKit's `frontend/dockerfile/parser` and `instructions` read them.
//!
//! It never stops: what the builder would refuse is a [`Fault`], and reading goes on behind it. Every step looks at each
//! byte a bounded number of times.

use std::collections::HashMap;

use super::checks;
use super::flags::Complaint;
use super::heredoc;
use super::instruction::{self, Context, Parsed};
use super::line::{Cursor, Line, Physical, Segment, before_continuation, is_comment};
use super::template;
use super::{Body, CommandForm, Directive, Dockerfile, Fault, Heredoc, Instruction, Keyword, Phase, Stage};
use crate::text::{SourceFile, Span};

/// A line that does not fit the builder's buffer is refused: 64 KiB with its line end.
const MAX_LINE: usize = 65_536;

/// Room for so many instructions is made in advance at most.
const MAX_RESERVED: usize = 16_384;

/// Reads a Dockerfile.
pub fn parse(file: &SourceFile) -> Dockerfile {
    let mut parser = Parser {
        file,
        text: file.text(),
        cursor: Cursor { text: file.text(), at: 0, line: 0 },
        out: Dockerfile {
            file: file.id(),
            directives: Vec::new(),
            escape: '\\',
            // About as many as an ordinary file of this size has.
            instructions: Vec::with_capacity((file.text().len() / 64).min(MAX_RESERVED)),
            stages: Vec::new(),
            comments: Vec::new(),
            faults: Vec::new(),
            template: None,
        },
        directives_done: false,
        pending_comments: 0,
        long_line: false,
        terminators: None,
    };
    parser.lines();
    parser.finish();
    parser.out
}

/// Where each line text stands last.
type LastLines<'s> = HashMap<&'s str, usize>;

struct Parser<'s> {
    file: &'s SourceFile,
    text: &'s str,
    cursor: Cursor<'s>,
    out: Dockerfile,
    directives_done: bool,
    /// First comment that belongs to the next instruction.
    pending_comments: usize,
    long_line: bool,
    /// Where each line text stands last, leading tabs included and excluded; built when a heredoc does not end.
    terminators: Option<(LastLines<'s>, LastLines<'s>)>,
}

impl<'s> Parser<'s> {
    fn span(&self, start: usize, end: usize) -> Span {
        self.file.span(start..end)
    }

    fn fault(&mut self, phase: Phase, line: u32, complaint: Complaint) {
        let builder = match phase {
            // The builder gives no line for the first, which it notices on its way through all instructions.
            Phase::Instructions if line > 0 => format!("dockerfile parse error on line {line}: {}", complaint.builder),
            _ => complaint.builder,
        };
        self.out.faults.push(Fault {
            span: complaint.span,
            message: complaint.message,
            builder_says: Some(builder),
            suggestion: complaint.suggestion,
            fatal: phase != Phase::Trigger,
            phase,
        });
    }

    fn next_line(&mut self) -> Option<Physical> {
        let line = self.cursor.next_line()?;
        let unterminated = line.next == line.end && line.next == self.text.len();
        if line.next - line.start + usize::from(unterminated) > MAX_LINE && !self.long_line {
            self.long_line = true;
            let complaint = Complaint {
                span: self.span(line.start, line.end).start_point(),
                message: "a line is longer than the builder reads (65535 bytes): break it".to_owned(),
                builder: "dockerfile line greater than max allowed size of 65535".to_owned(),
                suggestion: None,
            };
            self.fault(Phase::Parse, 0, complaint);
        }
        Some(line)
    }

    fn lines(&mut self) {
        let mut buffer = String::new();
        let mut segments: Vec<Segment> = Vec::new();
        while let Some(mut line) = self.next_line() {
            if self.cursor.line == 1 && self.text.starts_with('\u{feff}') {
                line.start = (line.start + '\u{feff}'.len_utf8()).min(line.end);
            }
            let raw = self.text.get(line.start..line.end).unwrap_or("");
            let trimmed = raw.trim_start();
            let start = line.end - trimmed.len();
            if !self.directives_done && self.directive(trimmed, start) {
                continue;
            }
            if trimmed.starts_with('#') {
                let indented = start > line.start;
                self.out.comments.push(self.span(start, line.end));
                if !indented && trimmed.get(1..).is_some_and(|rest| rest.trim().is_empty()) {
                    self.pending_comments = self.out.comments.len();
                }
                continue;
            }
            if trimmed.is_empty() {
                continue;
            }
            let first_line = self.cursor.line;
            let comments = self.pending_comments..self.out.comments.len();
            let mut empty_lines = Vec::new();
            segments.clear();
            segments.push(Segment { joined: 0, file: start });
            let text: &str = match before_continuation(trimmed, self.out.escape) {
                None => trimmed,
                Some(length) => {
                    buffer.clear();
                    buffer.push_str(trimmed.get(..length).unwrap_or(""));
                    self.continued(&mut buffer, &mut segments, &mut empty_lines);
                    &buffer
                }
            };
            let line = Line { text, segments: &segments, file: self.file.id() };
            self.instruction(&line, first_line, comments, empty_lines);
        }
    }

    /// Reads on behind a continuation character.
    fn continued(&mut self, buffer: &mut String, segments: &mut Vec<Segment>, empty_lines: &mut Vec<Span>) {
        while let Some(line) = self.next_line() {
            let raw = self.text.get(line.start..line.end).unwrap_or("");
            if is_comment(raw) {
                let start = line.end - raw.trim_start().len();
                self.out.comments.push(self.span(start, line.end));
                continue;
            }
            if raw.trim_start().is_empty() {
                empty_lines.push(self.span(line.start, line.next));
                continue;
            }
            segments.push(Segment { joined: buffer.len(), file: line.start });
            match before_continuation(raw, self.out.escape) {
                None => {
                    buffer.push_str(raw);
                    return;
                }
                Some(length) => buffer.push_str(raw.get(..length).unwrap_or("")),
            }
        }
    }

    /// Takes a line at the top of the file as a directive, if it is one.
    fn directive(&mut self, line: &str, start: usize) -> bool {
        let Some(found) = read_directive(line) else {
            self.directives_done = true;
            return false;
        };
        let span = self.span(start, start + line.trim_end().len());
        let value_span = self.span(start + found.value.start, start + found.value.end);
        let value = line.get(found.value).unwrap_or("").to_owned();
        let mut complaint = None;
        if self.out.directives.iter().any(|directive| directive.name == found.name) {
            complaint = Some(Complaint {
                span,
                message: format!("a second `# {}=` directive: only one may stand at the top of a file", found.name),
                builder: format!("only one {} parser directive can be used", found.name),
                suggestion: None,
            });
        } else if found.name == "escape" {
            match value.as_str() {
                "`" => self.out.escape = '`',
                "\\" => self.out.escape = '\\',
                _ => {
                    complaint = Some(Complaint {
                        span: value_span,
                        message: "the escape character is a backslash or a backtick".to_owned(),
                        builder: format!("invalid escape token '{value}' does not match ` or \\"),
                        suggestion: None,
                    });
                }
            }
        }
        if let Some(complaint) = complaint {
            self.fault(Phase::Parse, 0, complaint);
        }
        self.out.directives.push(Directive { name: found.name, value, span, value_span });
        true
    }

    fn instruction(
        &mut self,
        line: &Line<'_>,
        first_line: u32,
        comments: std::ops::Range<usize>,
        empty_lines: Vec<Span>,
    ) {
        let context = Context { escape: self.out.escape, lenient_control: !self.file.is_utf8() };
        let Parsed { mut instruction, refusal } = instruction::parse(line, context);
        instruction.first_line = first_line;
        instruction.text_last_line = self.cursor.line;
        instruction.empty_lines = empty_lines;
        let before = self.out.comments.get(comments.clone()).unwrap_or(&[]);
        instruction.checks =
            before.iter().find_map(|comment| checks::of_comment(self.file.slice(*comment))).map(Box::new);
        instruction.comments = comments;
        let refused_in_parse = matches!(refusal, Some((Phase::Parse, _)));
        if let Some((phase, complaint)) = refusal {
            self.fault(phase, first_line, complaint);
        }
        if may_hold_heredocs(&instruction) && !refused_in_parse {
            self.heredocs(line, &mut instruction);
        }
        instruction.last_line = self.cursor.line;
        if let Body::Onbuild(trigger) = &mut instruction.body {
            trigger.first_line = instruction.first_line;
            trigger.last_line = instruction.last_line;
            trigger.text_last_line = instruction.text_last_line;
            trigger.heredocs = instruction.heredocs.clone();
            trigger.span.end = instruction.span.end;
        }
        self.pending_comments = self.out.comments.len();
        self.out.instructions.push(instruction);
    }

    fn heredocs(&mut self, line: &Line<'_>, instruction: &mut Instruction) {
        let openings = match heredoc::openings(line.text) {
            Ok(openings) => openings,
            Err(error) => {
                let complaint = Complaint {
                    span: instruction.arguments,
                    message: "a heredoc's name has quotes that do not match".to_owned(),
                    builder: error.message,
                    suggestion: None,
                };
                return self.fault(Phase::Parse, 0, complaint);
            }
        };
        let run = match &instruction.body {
            Body::Onbuild(trigger) => trigger.keyword == Keyword::Run,
            _ => instruction.keyword == Keyword::Run,
        };
        for opening in openings {
            let start = self.cursor.at;
            let span = line.span(opening.range.clone());
            let heredoc = |body: Span| Heredoc {
                name: opening.name.clone(),
                span,
                body,
                quoted: opening.quoted || (run && opening.escaped),
                strip_tabs: opening.strip_tabs,
            };
            if !self.is_terminated(&opening.name, opening.strip_tabs, start) {
                let complaint = Complaint {
                    span,
                    message: format!("the heredoc never ends: no line holds `{}` and nothing else", opening.name),
                    builder: "unterminated heredoc".to_owned(),
                    suggestion: None,
                };
                self.fault(Phase::Parse, 0, complaint);
                let end = self.skip_to_instruction();
                instruction.heredocs.push(heredoc(self.span(start, end)));
                instruction.span.end = instruction.span.end.max(self.file.span(start..end).end);
                return;
            }
            while let Some(line) = self.next_line() {
                if self.terminates(line, &opening.name, opening.strip_tabs) {
                    instruction.heredocs.push(heredoc(self.span(start, line.start)));
                    instruction.span.end = self.file.span(start..line.end).end;
                    break;
                }
            }
        }
    }

    fn terminates(&self, line: Physical, name: &str, strip_tabs: bool) -> bool {
        let text = self.text.get(line.start..line.end).unwrap_or("");
        (if strip_tabs { text.trim_start_matches('\t') } else { text }) == name
    }

    /// Whether the heredoc's last line comes. The first look reads on to find out; once one has failed, an index answers,
    /// so that many heredocs without an end cost no more than one.
    fn is_terminated(&mut self, name: &str, strip_tabs: bool, from: usize) -> bool {
        if let Some((whole, stripped)) = &self.terminators {
            let index = if strip_tabs { stripped } else { whole };
            return index.get(name).is_some_and(|last| *last >= from);
        }
        let mut ahead = self.cursor.clone();
        while let Some(line) = ahead.next_line() {
            if self.terminates(line, name, strip_tabs) {
                return true;
            }
        }
        let mut whole = HashMap::new();
        let mut stripped = HashMap::new();
        let mut all = Cursor { text: self.text, at: from, line: 0 };
        while let Some(line) = all.next_line() {
            let text = self.text.get(line.start..line.end).unwrap_or("");
            whole.insert(text, line.start);
            stripped.insert(text.trim_start_matches('\t'), line.start);
        }
        self.terminators = Some((whole, stripped));
        false
    }

    /// Behind a heredoc without an end: on to the next line that looks like an instruction. Gives where the body ends.
    fn skip_to_instruction(&mut self) -> usize {
        loop {
            let before = self.cursor.clone();
            let Some(line) = self.next_line() else { return self.text.len() };
            let text = self.text.get(line.start..line.end).unwrap_or("");
            let word = text.split([' ', '\t']).next().unwrap_or("");
            if Keyword::ALL.iter().any(|keyword| keyword.as_str() == word) && text.len() > word.len() {
                self.cursor = before;
                return line.start;
            }
        }
    }

    fn finish(&mut self) {
        self.stages();
        if self.out.instructions.is_empty() {
            let builder = match self.text {
                "" => "the Dockerfile cannot be empty",
                _ => "file with no instructions",
            };
            let complaint = Complaint {
                span: self.span(0, 0),
                message: "there is no instruction in this file".to_owned(),
                builder: builder.to_owned(),
                suggestion: None,
            };
            self.fault(Phase::Parse, 0, complaint);
        } else if let Some(first) = self.before_any_stage() {
            let (keyword, span) = (first.keyword.as_str(), first.keyword_span);
            let complaint = Complaint {
                span,
                message: format!("{keyword} stands before the first FROM, where only ARG may stand"),
                builder: "no build stage in current context".to_owned(),
                suggestion: None,
            };
            self.fault(Phase::Instructions, 0, complaint);
        } else if self.out.stages.is_empty() {
            let span = self.out.instructions.last().map_or(self.span(0, 0), |last| last.span);
            let complaint = Complaint {
                span,
                message: "there is no FROM, so there is nothing to build".to_owned(),
                builder: "dockerfile contains no stages to build".to_owned(),
                suggestion: None,
            };
            self.fault(Phase::Build, 0, complaint);
        }
        self.out.faults.sort_by_key(|fault| fault.span.start);
        self.out.template = template::recognise(&self.out, self.file);
    }

    /// The first instruction before FROM that may not stand there. What is unknown has its own fault.
    fn before_any_stage(&self) -> Option<&Instruction> {
        let end = self.out.stages.first().map_or(self.out.instructions.len(), |stage| stage.from);
        let head = self.out.instructions.get(..end)?;
        head.iter().find(|instruction| !matches!(instruction.keyword, Keyword::Arg | Keyword::Unknown))
    }

    fn stages(&mut self) {
        let starts: Vec<usize> = self
            .out
            .instructions
            .iter()
            .enumerate()
            .filter(|(_, instruction)| instruction.keyword == Keyword::From)
            .map(|(index, _)| index)
            .collect();
        for (index, from) in starts.iter().copied().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(self.out.instructions.len());
            let name = match self.out.instructions.get(from).map(|instruction| &instruction.body) {
                Some(Body::From { alias, .. }) => alias.clone(),
                _ => None,
            };
            self.out.stages.push(Stage { index, name, from, instructions: from..end });
        }
    }
}

fn may_hold_heredocs(instruction: &Instruction) -> bool {
    let holder = match &instruction.body {
        Body::Onbuild(trigger) => trigger,
        _ => instruction,
    };
    let json = match &holder.body {
        Body::Command(CommandForm::Exec { .. }) => true,
        Body::Copy { json, .. } => *json,
        _ => false,
    };
    holder.keyword.takes_heredocs() && !json
}

struct FoundDirective {
    name: String,
    value: std::ops::Range<usize>,
}

/// `# name = value` with one of the names that the builder knows.
fn read_directive(line: &str) -> Option<FoundDirective> {
    let is_space = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let text = line.strip_prefix('#')?.trim_start();
    let name_length = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let name = text.get(..name_length)?.to_ascii_lowercase();
    if !matches!(name.as_str(), "syntax" | "escape" | "check") {
        return None;
    }
    let value = text.get(name_length..)?.trim_start_matches(is_space).strip_prefix('=')?;
    let mut trimmed = value.trim_matches(is_space);
    let mut start = line.len() - value.trim_start_matches(is_space).len();
    if trimmed.is_empty() {
        // Nothing but blanks: the last of them is the value.
        trimmed = value.get(value.len().checked_sub(1)?..)?;
        start = line.len() - 1;
    }
    Some(FoundDirective { name, value: start..start + trimmed.len() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::dockerfile::Healthcheck;
    use crate::text::Sources;

    fn read(text: &str) -> (Sources, Dockerfile) {
        let mut sources = Sources::new();
        let id = sources.add("Dockerfile".into(), "Dockerfile".into(), text.into());
        let dockerfile = parse(sources.file(id));
        (sources, dockerfile)
    }

    /// What the builder would say first.
    fn refusal(text: &str) -> Option<String> {
        let (_, dockerfile) = read(text);
        dockerfile.faults.into_iter().find(|fault| fault.fatal).and_then(|fault| fault.builder_says)
    }

    fn lines(text: &str) -> Vec<(&'static str, u32, u32)> {
        let (_, dockerfile) = read(text);
        dockerfile.instructions.iter().map(|i| (i.keyword.as_str(), i.first_line, i.last_line)).collect()
    }

    #[test]
    fn directives_stand_at_the_top() {
        let (_, d) =
            read("# syntax = docker/dockerfile:1\n#escape=`\n# check=skip=all\nFROM a\nRUN b `\n c\\\nCMD d\n");
        let names: Vec<_> = d.directives.iter().map(|x| (x.name.as_str(), x.value.as_str())).collect();
        assert_eq!(names, [("syntax", "docker/dockerfile:1"), ("escape", "`"), ("check", "skip=all")]);
        assert_eq!((d.escape, d.instructions.len()), ('`', 3));
        let (_, d) = read("# a comment\n# escape=`\nFROM a\n");
        assert_eq!((d.escape, d.directives.len(), d.comments.len()), ('\\', 0, 2));
        assert!(refusal("# escape=x\nFROM a\n").unwrap().starts_with("invalid escape token 'x'"));
        assert_eq!(
            refusal("# syntax=a\n# syntax=b\nFROM a\n").unwrap(),
            "only one syntax parser directive can be used"
        );
    }

    #[test]
    fn continuations_comments_and_blank_lines() {
        let text = "\u{feff}FROM a\r\nRUN x \\\r\n  # why\r\n\r\n  y \\  \r\n  z\r\n\r\nCMD b\r\n";
        assert_eq!(lines(text), [("FROM", 1, 1), ("RUN", 2, 6), ("CMD", 8, 8)]);
        let (sources, d) = read(text);
        let file = sources.iter().next().unwrap();
        assert_eq!(d.instructions[1].shell_text(file, d.escape).unwrap(), "x   y   z");
        assert_eq!(d.instructions[1].empty_lines.len(), 1);
        assert_eq!(file.slice(d.comments[0]), "# why");
    }

    #[test]
    fn a_doubled_escape_does_not_continue() {
        assert_eq!(lines("FROM a\nRUN x \\\\\nCMD b\n"), [("FROM", 1, 1), ("RUN", 2, 2), ("CMD", 3, 3)]);
        assert_eq!(lines("FROM a\nRUN x \\"), [("FROM", 1, 1), ("RUN", 2, 2)]);
    }

    #[test]
    fn heredocs_anywhere() {
        let text = "FROM a\nRUN cat <<A > f && cat <<-'B'\n1\nA\n\t2\n\tB\nCOPY <<X <<Y /d/\nX\ny\nY\nCMD c\n";
        assert_eq!(lines(text), [("FROM", 1, 1), ("RUN", 2, 6), ("COPY", 7, 10), ("CMD", 11, 11)]);
        let (sources, d) = read(text);
        let file = sources.iter().next().unwrap();
        let bodies: Vec<_> =
            d.instructions[1].heredocs.iter().map(|h| (file.slice(h.body), h.quoted, h.strip_tabs)).collect();
        assert_eq!(bodies, [("1\n", false, false), ("\t2\n", true, true)]);
        assert_eq!(file.slice(d.instructions[1].heredocs[1].span), "<<-'B'");
        assert_eq!(lines("FROM a\nONBUILD RUN <<E\nx\nE\nCMD <<E\n").len(), 3);
        assert_eq!(lines("FROM a\nRUN [\"<<E\"]\nCMD b\n").len(), 3);
    }

    #[test]
    fn a_heredoc_without_end_costs_only_itself() {
        let (_, d) = read("FROM a\nRUN <<E\nx\nCMD b\nRUN <<E\nFOO\n");
        let words: Vec<_> = d.instructions.iter().map(|i| i.keyword).collect();
        assert_eq!(words, [Keyword::From, Keyword::Run, Keyword::Cmd, Keyword::Run]);
        assert_eq!(d.faults.iter().filter(|f| f.builder_says.as_deref() == Some("unterminated heredoc")).count(), 2);
    }

    #[test]
    fn json_and_what_only_looks_like_it() {
        let (_, d) = read(
            "FROM a\nRUN [\"a\", \"b\"]\nRUN [ -f x ] && y\nRUN ['a']\nHEALTHCHECK CMD [\"x\"]\nVOLUME [\"/a\", \"/b\"]\n",
        );
        let form = |i: usize| match &d.instructions[i].body {
            Body::Command(form) | Body::Healthcheck(Healthcheck::Command(form)) => format!("{form:?}"),
            other => panic!("{other:?}"),
        };
        assert!(form(1).starts_with("Exec"));
        assert!(form(2).contains("looks_like_json: true") && form(3).contains("looks_like_json: true"));
        assert!(form(4).starts_with("Exec"));
        assert!(matches!(&d.instructions[5].body, Body::Volume { paths, json: true } if paths.len() == 2));
        assert!(d.faults.is_empty());
        assert!(refusal("FROM a\nCMD [1]\n").unwrap().contains("arrays must be comprised of strings only"));
    }

    #[test]
    fn flags_are_decoded_and_checked() {
        let text =
            "FROM --platform=\"linux/amd64\" a\nRUN --mount=type=cache,target=/x --mount=type=secret,\\\n id=k y\n";
        let (sources, d) = read(text);
        let file = sources.iter().next().unwrap();
        assert_eq!(d.instructions[0].flag("platform").unwrap().value.as_ref().unwrap().text, "linux/amd64");
        let mounts: Vec<_> = d.instructions[1].flags.iter().map(Flag::fields).collect();
        assert_eq!(mounts.len(), 2);
        assert_eq!(file.slice(mounts[0][1].value.as_ref().unwrap().span), "/x");
        assert_eq!(mounts[1].len(), 2);
        for (text, says) in [
            ("RUN --foo x", "unknown flag: --foo"),
            ("COPY --form=a b c", "unknown flag: --form (did you mean from?)"),
            ("COPY --from b c", "missing a value on flag: --from"),
            ("COPY --from=a --from=b c d", "duplicate flag specified: --from"),
            ("COPY --link=maybe c d", "expecting boolean value for flag --link, not: maybe"),
            ("RUN --network=foo x", "invalid network mode \"foo\""),
            ("RUN --security=foo x", "security \"foo\" is not valid"),
            ("RUN --mount=from=$X x", "'from' doesn't support variable expansion"),
            ("CMD --x", "unknown flag: --x"),
            ("HEALTHCHECK --interval=5 CMD x", "time: missing unit in duration \"5\""),
            ("HEALTHCHECK --timeout=1us CMD x", "Interval \"timeout\" cannot be less than 1ms"),
            ("HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)"),
            ("HEALTHCHECK --retries=x CMD x", "strconv.ParseInt: parsing \"x\": invalid syntax"),
        ] {
            let said = refusal(&format!("FROM a\n{text}\n")).unwrap_or_default();
            assert!(said.contains(says), "{text}: {said}");
        }
        for text in
            ["ARG --foo X", "STOPSIGNAL --x 9", "HEALTHCHECK --bogus NONE", "RUN -- --x", "COPY --link a b", "RUN"]
        {
            assert_eq!(refusal(&format!("FROM a\n{text}\n")), None, "{text}");
        }
    }

    use crate::dockerfile::Flag;

    #[test]
    fn numbers_and_forms_of_arguments() {
        for (text, says) in [
            ("FROM", "FROM requires either one or three arguments"),
            ("FROM a b", "FROM requires either one or three arguments"),
            ("FROM a of b", "FROM requires either one or three arguments"),
            ("FROM a AS 1b", "invalid name for build stage: \"1b\""),
            ("COPY a", "COPY requires at least two arguments"),
            ("ADD a <<E\nE", "ADD cannot accept a heredoc as a destination"),
            ("ENV", "ENV requires at least one argument"),
            ("ENV a", "ENV must have two arguments"),
            ("ENV a=b c", "can't find = in \"c\""),
            ("ENV =b", "ENV names can not be blank"),
            ("LABEL a", "LABEL must have two arguments"),
            ("ARG", "ARG requires at least one argument"),
            ("ARG =b", "ARG names can not be blank"),
            ("EXPOSE", "EXPOSE requires at least one argument"),
            ("VOLUME []", "VOLUME requires at least one argument"),
            ("VOLUME [\"\"]", "VOLUME specified can not be an empty string"),
            ("USER", "USER requires exactly one argument"),
            ("SHELL /bin/sh", "SHELL requires the arguments to be in JSON form"),
            ("SHELL []", "SHELL requires at least one argument"),
            ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
            ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
            ("HEALTHCHECK curl x", "Unknown type \"CURL\" in HEALTHCHECK (try CMD)"),
            ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
            ("ONBUILD", "ONBUILD requires at least one argument"),
            ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
            ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
            ("ONBUILD ENV x", "ENV must have two arguments"),
            ("FORM x", "dockerfile parse error on line 2: unknown instruction: FORM (did you mean FROM?)"),
        ] {
            let said = refusal(&format!("FROM a\n{text}\n")).unwrap_or_default();
            assert!(said.contains(says), "{text}: {said}");
        }
        for text in [
            "FROM a as B",
            "ENV a b c=d",
            "ENV a=\"b c\" d='e f' g=h\\ i",
            "ARG a b=c d=",
            "WORKDIR a b",
            "CMD",
            "CMD []",
            "ONBUILD FOO x",
        ] {
            assert_eq!(refusal(&format!("FROM a\n{text}\n")), None, "{text}");
        }
        assert_eq!(refusal("ARG a\nRUN x\nFROM b\n").unwrap(), "no build stage in current context");
        assert_eq!(refusal("# only\n").unwrap(), "file with no instructions");
        assert_eq!(refusal("ARG a\n").unwrap(), "dockerfile contains no stages to build");
    }

    #[test]
    fn comments_belong_to_the_instruction_behind() {
        let (sources, d) = read("# old\n#\n# one\n\n# two\nFROM a\n# three\nRUN x \\\n # four\n y\nCMD z\n");
        let file = sources.iter().next().unwrap();
        let of = |i: usize| -> Vec<&str> {
            d.comments[d.instructions[i].comments.clone()].iter().map(|c| file.slice(*c)).collect()
        };
        assert_eq!(of(0), ["# one", "# two"]);
        assert_eq!(of(1), ["# three"]);
        assert_eq!(of(2), Vec::<&str>::new());
    }

    #[test]
    fn templates_are_told_from_dockerfiles() {
        for text in [
            "FROM {{ base }}\nRUN x\n",
            "{% if x %}\nFROM a\n{% endif %}\n",
            "FROM a\n{{ range .X }}\nRUN y\n{{ end }}\n",
            "FROM @BASE@\n",
            "FROM %%BASE%%:3\n",
            "define(`X', `y')\nFROM a\n",
            "FROM a\nINSTALL_PACKAGES(x y)\n",
            "#include \"common.docker\"\nFROM a\n",
            "FROM a\n<% if x %>\nRUN y\n",
            "FROM a\nLABEL b={{\n  c }}\n",
            "FROM a\nRUN curl {{ url }} \\\n  && x\n",
            "FROM a\nRUN echo 'x' <%= y %>\n",
            "FROM a\nRUN x {%- if y %} z {% endif %}\n",
            "FROM (@= data.values.image @)\n",
            "#@ load(\"@ytt:data\", \"data\")\nFROM a\n",
            "FROM a\nRUN x (@= y @)\n",
        ] {
            assert!(read(text).1.template.is_some(), "{text}");
        }
        for text in [
            "FROM a\nRUN docker inspect --format '{{.State}}' x\n",
            "FROM a\nRUN echo x \\\n && echo {{y}}\n",
            "# include the tools\n#define what runs\nFROM a@sha256:00\nFOO x\n",
            "FROM a\nLABEL a=\"{{b}}\"\n",
            "FROM a\nRUN docker ps --format '{{ .ID }}' && echo \"{% x %}\" '<%= y %>'\n",
            "#@ notes\nFROM a\nRUN cat > x <<'E'\n{{ x }}\nE\n",
            "FROM a_b__c:d\n",
        ] {
            assert!(read(text).1.template.is_none(), "{text}");
        }
    }
}
