//! Simple commands: their words, assignments and redirections, and what runs inside them.

use std::ops::Range;

use shuck_ast as ast;

use super::{MAX_COMMANDS, MAX_NESTED, Reader, ScriptPlace, Source, range, shell_body, slice};
use crate::shell::effective::base_name;
use crate::shell::parts::{Mode, parts};
use crate::shell::{
    Assignment, Command, CommandPosition, Dialect, HeredocBody, Part, Redirect, ShellFault, ShellOptions, Word,
};
use crate::text::Span;

impl Reader {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn command(
        &mut self,
        source: &Source<'_>,
        statement: &ast::Stmt,
        span: ast::Span,
        assignments: &[ast::Assignment],
        words: &[&ast::Word],
        first: Option<Word>,
        context: &CommandPosition,
    ) {
        let bare = words.is_empty() && first.is_none();
        let assignments = self.assignments(source, assignments, context, bare);
        for word in words {
            self.substitutions(source, word, context, false);
        }
        let mut all: Vec<Word> = Vec::with_capacity(words.len() + 1);
        all.extend(first);
        all.extend(words.iter().map(|w| self.word(source, w)));
        self.finish_command(source, statement, span, assignments, all, context);
    }

    pub(super) fn finish_command(
        &mut self,
        source: &Source<'_>,
        statement: &ast::Stmt,
        span: ast::Span,
        assignments: Vec<Assignment>,
        words: Vec<Word>,
        context: &CommandPosition,
    ) {
        self.redirect_substitutions(source, &statement.redirects, context);
        let mut covered: Option<Span> = None;
        let mut cover = |span: Span| covered = Some(covered.map_or(span, |c| c.cover(span)));
        let mut redirects = Vec::new();
        let mut heredocs = Vec::new();
        for redirect in &statement.redirects {
            match &redirect.target {
                ast::RedirectTarget::Word(_) => {
                    let written = self.file_redirect(source, redirect);
                    written.iter().for_each(|r| cover(r.span));
                    redirects.extend(written);
                }
                ast::RedirectTarget::Heredoc(heredoc) => {
                    let delimiter = &heredoc.delimiter;
                    let span = self.span(source, redirect.span).cover(self.span(source, delimiter.span));
                    cover(span);
                    let strip_tabs = delimiter.strip_tabs;
                    let operator = if strip_tabs { "<<-" } else { "<<" }.to_owned();
                    redirects.push(Redirect { operator, target: Some(self.word(source, &delimiter.raw)), span });
                    let span = self.span(source, heredoc.body.span);
                    heredocs.push(HeredocBody { span, quoted: !delimiter.expands_body, strip_tabs });
                }
            }
        }
        assignments.iter().map(|a| a.span).chain(words.iter().map(|w| w.span)).for_each(cover);
        let covered = covered.unwrap_or_else(|| self.span(source, span));
        let bodies: Vec<(Range<usize>, bool)> = statement
            .redirects
            .iter()
            .filter_map(|r| match &r.target {
                ast::RedirectTarget::Heredoc(h) => Some((range(source, h.body.span), h.delimiter.strip_tabs)),
                ast::RedirectTarget::Word(_) => None,
            })
            .collect();
        let command = Command { span: covered, assignments, words, redirects, context: context.clone(), heredocs };
        self.set_options(&command);
        let nested = self.nested_text(source, &command, bodies);
        let span = command.span;
        self.push(command);
        if nested.is_some() && source.depth >= MAX_NESTED {
            let message = "shells that run shells are nested too deep to be read".to_owned();
            self.script.faults.push(ShellFault { span, message, limit: true });
            return;
        }
        if let Some(nested) = nested {
            let (options, left) = (self.options, self.left);
            self.options = nested.options;
            let context = CommandPosition { nested: source.depth + 1, chain: 0, ..context.clone() };
            if nested.heredoc {
                let opaque = self.script.opaque;
                self.body(&nested.text, nested.place, nested.strip_tabs, &context, source.depth + 1);
                self.script.opaque = opaque;
            } else {
                self.text(&nested.text, nested.place, source.joined, &context, source.depth + 1);
            }
            (self.options, self.left) = (options, left);
        }
    }

    /// A redirection to or from a file or a descriptor; `None` for a heredoc.
    pub(super) fn file_redirect(&self, source: &Source<'_>, redirect: &ast::Redirect) -> Option<Redirect> {
        let ast::RedirectTarget::Word(word) = &redirect.target else { return None };
        let operator = slice(source, redirect.span);
        let end = word.span.start.offset().saturating_sub(redirect.span.start.offset());
        let operator = operator.get(..end).unwrap_or(operator).trim().to_owned();
        Some(Redirect { operator, target: Some(self.word(source, word)), span: self.span(source, redirect.span) })
    }

    pub(super) fn push(&mut self, command: Command) {
        self.started = true;
        if self.script.commands.len() < MAX_COMMANDS {
            self.script.commands.push(command);
        }
    }

    /// `set -e` and its like.
    pub(super) fn set_options(&mut self, command: &Command) {
        let first = !self.started;
        if command.words.first().and_then(Word::literal).as_deref() != Some("set") {
            return;
        }
        self.options.set_words(command.words.get(1..).unwrap_or(&[]));
        if first && command.context.nested == 0 {
            self.script.errexit = self.options.errexit;
            self.script.pipefail = self.options.pipefail;
        }
    }

    /// The script within a command: the text behind `sh -c`, or the heredoc that a shell reads.
    pub(super) fn nested_text<'s>(
        &self,
        source: &Source<'s>,
        command: &Command,
        bodies: Vec<(Range<usize>, bool)>,
    ) -> Option<Nested> {
        let name = command.words.first()?.literal()?;
        // Most commands are neither a shell nor a wrapper: look closer only where a shell is named at all.
        let is_shell = |text: &str| {
            let name = base_name(text);
            matches!(name, "su" | "runuser") || Dialect::from_name(name).is_read()
        };
        if !is_shell(&name) && !command.words.iter().any(|w| w.literal().is_some_and(|t| is_shell(&t))) {
            return None;
        }
        if let Some((index, options)) = shell_body(command) {
            let word = command.words.get(index)?;
            let text = word.literal().or_else(|| double_quoted(source, word))?;
            // Verbatim where the inside of one pair of quotes is the text itself.
            let place = match source.place {
                ScriptPlace::At(_, base) => {
                    let start = (word.span.start.saturating_sub(base)) as usize;
                    let end = (word.span.end.saturating_sub(base)) as usize;
                    let raw = source.text.get(start..end).unwrap_or("");
                    let quoted = raw.len() >= 2 && raw.starts_with(['\'', '"']);
                    let inner = if quoted { raw.get(1..raw.len() - 1).unwrap_or("") } else { raw };
                    let same =
                        inner == text || (source.joined && inner.contains("\\\n") && inner.replace("\\\n", "") == text);
                    if same {
                        let place = source.place.offset(start + usize::from(quoted));
                        return Some(Nested {
                            text: inner.to_owned(),
                            place,
                            options,
                            heredoc: false,
                            strip_tabs: false,
                        });
                    }
                    ScriptPlace::Within(word.span)
                }
                within => within,
            };
            return Some(Nested { text, place, options, heredoc: false, strip_tabs: false });
        }
        // `bash <<EOF`, `sh -s <<EOF`, `bash -e <<EOF`: the last heredoc is the script.
        let effective = command.effective();
        let dialect = Dialect::from_name(effective.name.as_deref()?);
        let flags_only = effective.words.iter().skip(1).all(|w| w.literal().is_some_and(|t| t.starts_with('-')));
        let (range, strip_tabs) = bodies.into_iter().last().filter(|_| dialect.is_read() && flags_only)?;
        let mut options = ShellOptions::new(dialect);
        options.set_words(effective.words.get(1..).unwrap_or(&[]));
        let text = source.text.get(range.clone())?.to_owned();
        Some(Nested { text, place: source.place.offset(range.start), options, heredoc: true, strip_tabs })
    }

    pub(super) fn mode(&self, source: &Source<'_>) -> Mode {
        Mode { joined: source.joined, bash: self.options.dialect.may_be_bash(), quoted: false }
    }

    pub(super) fn word(&self, source: &Source<'_>, word: &ast::Word) -> Word {
        let span = range(source, word.span);
        let raw = source.text.get(span.clone()).unwrap_or("");
        let mut known: Vec<Range<usize>> = Vec::new();
        collect(&word.parts, false, &mut |_, range, _| {
            known.push(range.start.saturating_sub(span.start)..range.end.saturating_sub(span.start));
        });
        known.sort_by_key(|r| r.start);
        Word { span: source.place.span(span), parts: parts(raw, &known, self.mode(source)) }
    }

    pub(super) fn assignments(
        &mut self,
        source: &Source<'_>,
        assignments: &[ast::Assignment],
        context: &CommandPosition,
        bare: bool,
    ) -> Vec<Assignment> {
        assignments
            .iter()
            .map(|a| {
                self.assignment_substitutions(source, a, context, bare);
                let value = match &a.value {
                    ast::AssignmentValue::Scalar(word) => Some(self.word(source, word)),
                    ast::AssignmentValue::Compound(_) => None,
                };
                let name = a.target.name.as_str().to_owned();
                let value = value.filter(|_| a.target.subscript.is_none());
                Assignment { name, value, append: a.append, span: self.span(source, a.span) }
            })
            .collect()
    }

    /// Walks the substitutions of an assignment's value; returns where they stand in the text.
    pub(super) fn assignment_substitutions(
        &mut self,
        source: &Source<'_>,
        assignment: &ast::Assignment,
        context: &CommandPosition,
        checked: bool,
    ) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        match &assignment.value {
            ast::AssignmentValue::Scalar(word) => {
                collect(&word.parts, false, &mut |_, range, _| ranges.push(range));
                self.substitutions(source, word, context, checked);
            }
            ast::AssignmentValue::Compound(array) => {
                for element in &array.elements {
                    let (ast::ArrayElem::Sequential(value)
                    | ast::ArrayElem::Keyed { value, .. }
                    | ast::ArrayElem::KeyedAppend { value, .. }) = element;
                    self.substitutions(source, value, context, false);
                }
            }
        }
        ranges.sort_by_key(|r| r.start);
        ranges
    }

    pub(super) fn redirect_substitutions(
        &mut self,
        source: &Source<'_>,
        redirects: &[ast::Redirect],
        context: &CommandPosition,
    ) {
        for redirect in redirects {
            match &redirect.target {
                ast::RedirectTarget::Word(word) => self.substitutions(source, word, context, false),
                ast::RedirectTarget::Heredoc(heredoc) => {
                    self.substitutions(source, &heredoc.delimiter.raw, context, false);
                    for part in &heredoc.body.parts {
                        if let ast::HeredocBodyPart::CommandSubstitution { body, .. } = &part.kind {
                            self.substitution(source, body, context, false, false);
                        }
                    }
                }
            }
        }
    }

    /// Walks the commands within a word. `checked`: the word is the value of a bare assignment, whose outcome is theirs.
    pub(super) fn substitutions(
        &mut self,
        source: &Source<'_>,
        word: &ast::Word,
        context: &CommandPosition,
        checked: bool,
    ) {
        if word.parts.iter().all(|p| matches!(p.kind, ast::WordPart::Literal(_) | ast::WordPart::SingleQuoted { .. })) {
            return;
        }
        let mut found: Vec<(&ast::StmtSeq, bool)> = Vec::new();
        collect(&word.parts, false, &mut |body, _, maybe| found.extend(body.map(|b| (b, maybe))));
        for (body, maybe) in found {
            self.substitution(source, body, context, checked, maybe);
        }
    }

    pub(super) fn substitution(
        &mut self,
        source: &Source<'_>,
        body: &ast::StmtSeq,
        context: &CommandPosition,
        checked: bool,
        maybe: bool,
    ) {
        let (options, left) = (self.options, self.left);
        let inner = CommandPosition {
            substitution: true,
            unchecked: context.unchecked || !checked,
            conditional: context.conditional || maybe,
            pipeline: None,
            chain: 0,
            ..context.clone()
        };
        self.sequence(source, body, &inner);
        (self.options, self.left) = (options, left);
    }
}

pub(super) struct Nested {
    text: String,
    place: ScriptPlace,
    options: ShellOptions,
    heredoc: bool,
    strip_tabs: bool,
}

/// The inside of a word that is one pair of double quotes, variables left as they stand: what `bash -c "…"` gets but for
/// their values. `None` if an escape would make the outer and the inner reading differ.
fn double_quoted(source: &Source<'_>, word: &Word) -> Option<String> {
    let ScriptPlace::At(_, base) = source.place else { return None };
    let raw =
        source.text.get(word.span.start.checked_sub(base)? as usize..word.span.end.checked_sub(base)? as usize)?;
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let only_variables = word
        .parts
        .iter()
        .all(|p| matches!(p, Part::Literal { quoted: true, .. } | Part::Variable { quoted: true, .. }));
    let escapes = inner.replace("\\\n", "").contains('\\') || inner.contains('"');
    (only_variables && !escapes).then(|| inner.to_owned())
}

/// Calls back for every substitution in the parts of a word, in order: its body (none for a process substitution that is
/// not read), its range of the text, and whether it stands in a `${x:-…}` and may not run.
fn collect<'a>(
    parts: &'a [ast::WordPartNode],
    maybe: bool,
    found: &mut dyn FnMut(Option<&'a ast::StmtSeq>, Range<usize>, bool),
) {
    use ast::WordPart as P;
    for part in parts {
        let range = part.span.start.offset()..part.span.end.offset();
        match &part.kind {
            P::DoubleQuoted { parts, .. } => collect(parts, maybe, found),
            P::CommandSubstitution { body, .. } => found(Some(body), range, maybe),
            P::ProcessSubstitution { body, .. } => found(Some(body), range, maybe),
            P::ArithmeticExpansion { expression_word_ast, .. } => {
                found(None, range, maybe);
                inner(&expression_word_ast.parts, maybe, found);
            }
            P::Parameter(parameter) => {
                if let Some(word) = parameter.bourne().and_then(ast::BourneParameterExpansion::operand_word_ast) {
                    inner(&word.parts, true, found);
                }
            }
            P::ParameterExpansion { operand_word_ast: Some(word), .. }
            | P::IndirectExpansion { operand_word_ast: Some(word), .. } => inner(&word.parts, true, found),
            _ => {}
        }
    }
}

/// Substitutions deeper inside: walked for their commands, but their ranges lie within one that is already known.
fn inner<'a>(
    parts: &'a [ast::WordPartNode],
    maybe: bool,
    found: &mut dyn FnMut(Option<&'a ast::StmtSeq>, Range<usize>, bool),
) {
    collect(parts, maybe, found);
}
