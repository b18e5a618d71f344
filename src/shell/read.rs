//! From text to commands: the only file that names the parser crate.
//!
//! The crate gives the grammar: lists, pipelines, compounds, where words begin and end. The words' insides are read by
//! [`super::parts`]; what follows from a command's place (who looks at its outcome, whether it runs at all) is decided here.

use std::ops::Range;

use shuck_ast as ast;
use shuck_parser::ShellDialect;
use shuck_parser::parser::{ParseResult, ParseStatus, Parser};

use super::effective::base_name;
use super::parts::{Mode, parts};
use super::{
    Assignment, Command, Context, Dialect, Fault, HeredocBody, Loop, Options, Part, Redirect, Script, Word, mask,
};
use crate::source::{FileId, SourceFile, Span};

/// Compounds, substitutions and the like may nest so deep; no script comes near.
const MAX_DEPTH: usize = 64;
/// `sh -c` within `sh -c`.
const MAX_NESTED: u8 = 4;
/// Commands of one script; with more of them it counts as one that cannot be read.
const MAX_COMMANDS: usize = 4_000;
/// Text with a fault is searched for its longest faultless beginning up to this size.
const MAX_RETRY: usize = 1 << 18;

/// Where the text given to [`read`] stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Byte for byte in a file, from this offset.
    At(FileId, u32),
    /// Somewhere in here, but in another notation (a YAML or JSON string with escapes): every span is this one.
    Within(Span),
}

impl Place {
    fn span(self, range: Range<usize>) -> Span {
        match self {
            Place::At(file, base) => Span::new(file, range.start + base as usize..range.end + base as usize),
            Place::Within(span) => span,
        }
    }

    fn offset(self, by: usize) -> Place {
        match self {
            Place::At(file, base) => Place::At(file, base.saturating_add(u32::try_from(by).unwrap_or(u32::MAX))),
            Place::Within(span) => Place::Within(span),
        }
    }
}

/// A heredoc of an instruction, as the Dockerfile parser found it.
#[derive(Clone, Debug)]
pub struct Heredoc {
    /// The `<<NAME` word.
    pub operator: Span,
    /// The body's lines, the last line end included, the terminator excluded.
    pub body: Span,
    pub quoted: bool,
    pub strip_tabs: bool,
}

/// Reads a script that stands in no Dockerfile instruction: a file, a healthcheck, an entrypoint script. The options hold
/// unless its `#!` line names another interpreter.
pub fn read(text: &str, place: Place, options: Options) -> Script {
    let options = Options::from_shebang(text).unwrap_or(options);
    let masked;
    let text = if text.contains("\r\n") {
        masked = text.replace("\r\n", " \n");
        masked.as_str()
    } else {
        text
    };
    let mut reader = Reader::new(options);
    reader.text(text, place, false, &Context::default(), 0);
    reader.finish()
}

/// Reads the shell form of RUN, CMD, ENTRYPOINT, HEALTHCHECK: `span` covers the shell part, heredocs lie behind it.
///
/// `RUN <<EOF` alone hands the body to the shell, or to the interpreter of its `#!` line; with anything else beside it the
/// shell itself reads the heredocs, as BuildKit does it.
pub fn read_instruction(file: &SourceFile, span: Span, heredocs: &[Heredoc], options: Options) -> Script {
    let text = file.text();
    let mut reader = Reader::new(options);
    let alone = match heredocs {
        [only] if text.get(span.range()).is_some_and(|t| t.trim() == file.slice(only.operator).trim()) => Some(only),
        _ => None,
    };
    if let Some(heredoc) = alone {
        let body = file.slice(heredoc.body);
        reader.body(body, Place::At(file.id(), heredoc.body.start), heredoc.strip_tabs, &Context::default(), 0);
        return reader.finish();
    }
    let bodies: Vec<Range<usize>> = heredocs.iter().map(|h| h.body.range()).collect();
    let masked = mask::with_heredocs(text, span.range(), &bodies);
    reader.script.swallowed =
        masked.swallowed.map(|r| Span::new(file.id(), r.start + span.start as usize..r.end + span.start as usize));
    reader.text(&masked.text, Place::At(file.id(), span.start), true, &Context::default(), 0);
    reader.finish()
}

/// Reads the exec form: the decoded words, each with the span of its quoted form. One command; more if it is a shell with
/// `-c`.
pub fn read_exec(file: &SourceFile, words: &[(String, Span)], options: Options) -> Script {
    let mut reader = Reader::new(options);
    let word = |(text, span): &(String, Span)| Word {
        span: *span,
        parts: vec![Part::Literal { text: text.clone(), quoted: true }],
    };
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        let command = Command {
            span: first.1.cover(last.1),
            assignments: Vec::new(),
            words: words.iter().map(word).collect(),
            redirects: Vec::new(),
            context: Context { chain: 1, ..Context::default() },
            heredocs: Vec::new(),
        };
        reader.chain = 1;
        reader.script.commands.push(command.clone());
        if let Some((body, options)) = shell_body(&command)
            && let Some((text, span)) = words.get(body)
        {
            let inner = Span { start: (span.start + 1).min(span.end), ..*span };
            let verbatim = file.slice(inner).starts_with(text.as_str());
            let place = if verbatim { Place::At(inner.file, inner.start) } else { Place::Within(*span) };
            reader.options = options;
            let context = Context { nested: 1, ..command.context };
            reader.text(text, place, false, &context, 1);
        }
    }
    // The exec form has no shell of its own.
    reader.finish()
}

/// Which word of a command is the script of `sh -c`, and the options that the shell gets.
fn shell_body(command: &Command) -> Option<(usize, Options)> {
    let effective = command.effective();
    let skipped = command.words.len() - effective.words.len();
    let name = effective.name.as_deref()?;
    if matches!(name, "su" | "runuser") {
        // `su - user -c '…'`: the user's own shell.
        let at = effective.words.iter().position(|w| w.literal().is_some_and(|t| t == "-c" || t == "--command"))?;
        return Some((skipped + at + 1, Options::default()));
    }
    let dialect = Dialect::from_name(name);
    if !dialect.is_read() {
        return None;
    }
    let mut options = Options::new(dialect);
    let mut at = 1;
    while let Some(text) = effective.words.get(at).and_then(Word::literal) {
        if !text.starts_with(['-', '+']) {
            return None;
        }
        let flags = text.trim_start_matches('-');
        let long = text.starts_with("--");
        if !long && flags.contains('c') {
            options.set([text.as_str()].into_iter());
            // `bash -c -o pipefail 'x'` would be odd; `bash -o pipefail -c 'x'` was handled on the way.
            return Some((skipped + at + 1, options));
        }
        if !long && (flags.ends_with('o') || flags.ends_with('O')) {
            let value = effective.words.get(at + 1).and_then(Word::literal).unwrap_or_default();
            options.set([text.as_str(), value.as_str()].into_iter());
            at += 1;
        } else if !long {
            options.set([text.as_str()].into_iter());
        }
        at += 1;
    }
    None
}

struct Reader {
    script: Script,
    options: Options,
    chain: u32,
    /// The first command of the script has been seen.
    started: bool,
    /// The script may have ended successfully before this point (`test -f x || exit 0`).
    left: bool,
}

/// One text being read.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    place: Place,
    joined: bool,
    depth: u8,
}

impl Reader {
    fn new(options: Options) -> Self {
        let script = Script {
            errexit: options.errexit,
            pipefail: options.pipefail,
            opaque: !options.dialect.is_read(),
            ..Script::default()
        };
        Reader { script, options, chain: 0, started: false, left: false }
    }

    fn finish(mut self) -> Script {
        self.script.opaque |= self.script.commands.len() >= MAX_COMMANDS;
        self.script
    }

    /// A heredoc's body, for the shell or for the interpreter that it names.
    fn body(&mut self, text: &str, place: Place, strip_tabs: bool, context: &Context, depth: u8) {
        let first = if strip_tabs { text.trim_start_matches('\t') } else { text };
        if let Some(options) = Options::from_shebang(first) {
            self.options = options;
            self.script.errexit |= options.errexit;
            self.script.pipefail |= options.pipefail;
            if !options.dialect.is_read() {
                self.script.opaque = true;
                self.interpreter(text, first, place, context);
                return;
            }
        }
        if text.contains('\r') {
            self.text(&text.replace("\r\n", " \n"), place, false, context, depth);
        } else {
            self.text(text, place, false, context, depth);
        }
    }

    /// The words of a `#!` line as a command: that interpreter must exist.
    fn interpreter(&mut self, text: &str, first: &str, place: Place, context: &Context) {
        let line = first.lines().next().unwrap_or("");
        let base = text.len() - first.len();
        let mut words = Vec::new();
        let mut at = 2;
        for piece in line.get(2..).unwrap_or("").split([' ', '\t', '\r']) {
            if !piece.is_empty() {
                let parts = vec![Part::Literal { text: piece.to_owned(), quoted: true }];
                words.push(Word { span: place.span(base + at..base + at + piece.len()), parts });
            }
            at += piece.len() + 1;
        }
        let (Some(head), Some(last)) = (words.first(), words.last()) else { return };
        self.chain += 1;
        self.script.commands.push(Command {
            span: head.span.cover(last.span),
            assignments: Vec::new(),
            words,
            redirects: Vec::new(),
            context: Context { chain: self.chain, ..context.clone() },
            heredocs: vec![HeredocBody { span: place.span(0..text.len()), quoted: true, strip_tabs: base > 0 }],
        });
    }

    fn text(&mut self, text: &str, place: Place, joined: bool, context: &Context, depth: u8) {
        if !self.options.dialect.is_read() || text.trim().is_empty() {
            return;
        }
        let source = Source { text, place, joined, depth };
        if expansions_nest_too_deep(text) || prefixes_pile_up(text) {
            let message = "expansions or prefixes are nested too deep to be read".to_owned();
            self.script.faults.push(Fault { span: place.span(0..text.len()), message, limit: true });
            return;
        }
        let result = parse(text);
        if result.status == ParseStatus::Clean {
            self.sequence(&source, &result.file.body, context);
            return;
        }
        let mut fault_at = text.len();
        if let Some(diagnostic) = result.diagnostics.first() {
            let span = diagnostic.span;
            let start = floor_boundary(text, span.start.offset());
            let end = floor_boundary(text, span.end.offset().max(start));
            let limit = ["nesting too deep", "too long", "fuel exhausted", "too large"];
            self.script.faults.push(Fault {
                span: place.span(start..end),
                message: diagnostic.message.clone(),
                limit: limit.iter().any(|l| diagnostic.message.contains(l)),
            });
            fault_at = start;
        }
        if let Some(result) = longest_beginning(text, fault_at) {
            self.sequence(&source, &result.file.body, context);
        }
    }

    fn next_chain(&mut self) -> u32 {
        self.chain += 1;
        self.chain
    }

    fn sequence(&mut self, source: &Source<'_>, sequence: &ast::StmtSeq, context: &Context) {
        let statements = sequence.as_slice();
        let mut chain = if statements.len() == 1 && context.chain != 0 { context.chain } else { self.next_chain() };
        for (i, statement) in statements.iter().enumerate() {
            let last = i + 1 == statements.len();
            let errexit = self.options.errexit && !context.guarded;
            if i > 0 && !errexit {
                chain = self.next_chain();
            }
            let mut inner = Context { chain, ..context.clone() };
            inner.conditional |= self.left;
            if matches!(statement.terminator, Some(ast::StmtTerminator::Background(_))) {
                inner.background = true;
            }
            if !last {
                inner.unchecked = !errexit;
            }
            self.list(source, statement, &inner, !last);
        }
    }

    /// A statement that may be an and-or list. `followed`: more statements come behind it, so `set -e` looks only at the
    /// list's last command.
    fn list(&mut self, source: &Source<'_>, statement: &ast::Stmt, context: &Context, followed: bool) {
        let mut operands: Vec<(Option<ast::BinaryOp>, &ast::Stmt)> = Vec::new();
        let mut rest = statement;
        while let ast::Command::Binary(binary) = &rest.command
            && matches!(binary.op, ast::BinaryOp::And | ast::BinaryOp::Or)
            && (std::ptr::eq(rest, statement) || (!rest.negated && rest.redirects.is_empty()))
        {
            operands.push((Some(binary.op), &binary.right));
            rest = &binary.left;
        }
        operands.push((None, rest));
        operands.reverse();
        if operands.len() == 1 {
            self.pipeline(source, statement, context);
            return;
        }
        let fates = fates(source, &operands);
        let mut may_be_false = is_test(source, rest);
        for (i, (op, operand)) in operands.iter().enumerate() {
            let mut inner = context.clone();
            match op {
                Some(ast::BinaryOp::Or) => {
                    inner.conditional = true;
                    inner.chain = self.next_chain();
                    may_be_false &= is_test(source, operand);
                }
                Some(_) => {
                    inner.conditional |= may_be_false;
                    may_be_false |= is_test(source, operand);
                }
                None => {}
            }
            match fates.get(i) {
                Some(Fate::Caught) => inner.guarded = true,
                Some(Fate::Exits) => inner.unchecked = false,
                _ if i + 1 < operands.len() && followed => inner.unchecked = true,
                _ => {}
            }
            self.pipeline(source, operand, &inner);
        }
    }

    fn pipeline(&mut self, source: &Source<'_>, statement: &ast::Stmt, context: &Context) {
        let mut context = context.clone();
        context.guarded |= statement.negated;
        let ast::Command::Binary(binary) = &statement.command else {
            self.statement(source, statement, &context);
            return;
        };
        if !matches!(binary.op, ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll) {
            // An and-or list within a list: negated, or with a redirection of its own.
            self.list(source, statement, &context, false);
            return;
        }
        let mut members: Vec<&ast::Stmt> = vec![&binary.right];
        let mut rest: &ast::Stmt = &binary.left;
        while let ast::Command::Binary(binary) = &rest.command
            && matches!(binary.op, ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll)
        {
            context.guarded |= rest.negated;
            members.push(&binary.right);
            rest = &binary.left;
        }
        context.guarded |= rest.negated;
        members.push(rest);
        for (i, member) in members.iter().enumerate().rev() {
            let mut inner = context.clone();
            inner.pipeline = Some(i == 0);
            inner.unchecked |= i != 0 && !self.options.pipefail;
            self.statement(source, member, &inner);
        }
    }

    fn statement(&mut self, source: &Source<'_>, statement: &ast::Stmt, context: &Context) {
        match &statement.command {
            ast::Command::Simple(simple) => {
                let mut words = Vec::with_capacity(simple.args.len() + 1);
                // A bare assignment has an empty name.
                if simple.name.span.start.offset() < simple.name.span.end.offset() {
                    words.push(&simple.name);
                }
                words.extend(&simple.args);
                self.command(source, statement, simple.span, &simple.assignments, &words, None, context);
            }
            ast::Command::Builtin(builtin) => {
                let (name, span, code, extra, assignments) = match builtin {
                    ast::BuiltinCommand::Break(c) => ("break", c.span, &c.depth, &c.extra_args, &c.assignments),
                    ast::BuiltinCommand::Continue(c) => ("continue", c.span, &c.depth, &c.extra_args, &c.assignments),
                    ast::BuiltinCommand::Return(c) => ("return", c.span, &c.code, &c.extra_args, &c.assignments),
                    ast::BuiltinCommand::Exit(c) => ("exit", c.span, &c.code, &c.extra_args, &c.assignments),
                };
                let words: Vec<&ast::Word> = code.iter().chain(extra).collect();
                let start = span.start.offset();
                let first = Word {
                    span: source.place.span(start..start + name.len()),
                    parts: vec![Part::Literal { text: name.to_owned(), quoted: false }],
                };
                self.command(source, statement, span, assignments, &words, Some(first), context);
                if name == "exit" && context.conditional && !context.subshell && !context.substitution {
                    let code = code.as_ref().map(|w| slice(source, w.span));
                    self.left |= code == Some("0");
                }
            }
            ast::Command::Decl(decl) => self.declaration(source, statement, decl, context),
            ast::Command::Binary(_) => self.pipeline(source, statement, context),
            ast::Command::Compound(compound) => {
                self.redirect_substitutions(source, &statement.redirects, context);
                self.compound(source, compound, context);
            }
            ast::Command::Function(function) => {
                let name = function.static_names().next().map(|n| n.as_str().to_owned());
                self.script.functions.extend(name.clone());
                let inner = Context { function: Some(name.unwrap_or_default()), ..Context::default() };
                self.list(source, &function.body, &inner, false);
            }
            ast::Command::AnonymousFunction(_) => {}
        }
    }

    fn compound(&mut self, source: &Source<'_>, compound: &ast::CompoundCommand, context: &Context) {
        use ast::CompoundCommand as C;
        let branch = || Context { conditional: true, chain: 0, ..context.clone() };
        let condition = |first: bool| Context {
            guarded: true,
            conditional: context.conditional || !first,
            chain: 0,
            ..context.clone()
        };
        let body = |conditional: bool| Context {
            looped: true,
            conditional: context.conditional || conditional,
            chain: 0,
            ..context.clone()
        };
        match compound {
            C::If(c) => {
                self.sequence(source, &c.condition, &condition(true));
                self.sequence(source, &c.then_branch, &branch());
                for (test, then) in &c.elif_branches {
                    self.sequence(source, test, &condition(false));
                    self.sequence(source, then, &branch());
                }
                if let Some(other) = &c.else_branch {
                    self.sequence(source, other, &branch());
                }
            }
            C::For(c) => {
                let words = c.words.as_deref();
                for word in words.unwrap_or(&[]) {
                    self.substitutions(source, word, context, false);
                }
                if let Some(name) = c.targets.first().and_then(|t| t.name.as_ref()) {
                    let words = words.map(|words| words.iter().map(|w| self.word(source, w)).collect());
                    let body = self.span(source, c.body.span);
                    self.script.loops.push(Loop { variable: name.as_str().to_owned(), words, body });
                }
                self.sequence(source, &c.body, &body(false));
            }
            C::Repeat(c) => self.sequence(source, &c.body, &body(false)),
            C::Foreach(c) => self.sequence(source, &c.body, &body(false)),
            C::Select(c) => self.sequence(source, &c.body, &body(true)),
            C::ArithmeticFor(c) => self.sequence(source, &c.body, &body(true)),
            C::While(c) => {
                let context = Context { looped: true, ..condition(true) };
                self.sequence(source, &c.condition, &context);
                self.sequence(source, &c.body, &body(true));
            }
            C::Until(c) => {
                let context = Context { looped: true, ..condition(true) };
                self.sequence(source, &c.condition, &context);
                self.sequence(source, &c.body, &body(true));
            }
            C::Case(c) => {
                self.substitutions(source, &c.word, context, false);
                for item in &c.cases {
                    self.sequence(source, &item.body, &branch());
                }
            }
            C::Subshell(sequence) => {
                let (options, left) = (self.options, self.left);
                self.sequence(source, sequence, &Context { subshell: true, ..context.clone() });
                (self.options, self.left) = (options, left);
            }
            C::BraceGroup(sequence) => self.sequence(source, sequence, context),
            C::Arithmetic(_) => {}
            C::Time(c) => {
                if let Some(statement) = &c.command {
                    self.list(source, statement, context, false);
                }
            }
            C::Conditional(c) => self.conditional(source, c, context),
            C::Coproc(c) => self.list(source, &c.body, &Context { background: true, ..context.clone() }, false),
            C::Always(c) => {
                self.sequence(source, &c.body, context);
                self.sequence(source, &c.always_body, context);
            }
        }
    }

    /// `[[ … ]]` as a command of that name, its words as they stand.
    fn conditional(&mut self, source: &Source<'_>, c: &ast::ConditionalCommand, context: &Context) {
        let mut words = vec![self.bare(source, c.left_bracket_span)];
        let mut stack = vec![&c.expression];
        while let Some(expression) = stack.pop() {
            match expression {
                ast::ConditionalExpr::Binary(b) => stack.extend([&*b.right, &*b.left]),
                ast::ConditionalExpr::Unary(u) => {
                    words.push(self.bare(source, u.op_span));
                    stack.push(&u.expr);
                }
                ast::ConditionalExpr::Parenthesized(p) => stack.push(&p.expr),
                ast::ConditionalExpr::Word(word) | ast::ConditionalExpr::Regex(word) => {
                    self.substitutions(source, word, context, false);
                    words.push(self.word(source, word));
                }
                ast::ConditionalExpr::Pattern(pattern) => words.push(self.bare(source, pattern.span)),
                ast::ConditionalExpr::VarRef(reference) => words.push(self.bare(source, reference.span)),
            }
        }
        words.push(self.bare(source, c.right_bracket_span));
        self.push(Command {
            span: self.span(source, c.span),
            assignments: Vec::new(),
            words,
            redirects: Vec::new(),
            context: context.clone(),
            heredocs: Vec::new(),
        });
    }

    fn bare(&self, source: &Source<'_>, span: ast::Span) -> Word {
        let parts = parts(slice(source, span), &[], self.mode(source));
        Word { span: self.span(source, span), parts }
    }

    fn declaration(&mut self, source: &Source<'_>, statement: &ast::Stmt, decl: &ast::DeclClause, context: &Context) {
        let mut words = vec![self.bare(source, decl.variant_span)];
        for operand in &decl.operands {
            match operand {
                ast::DeclOperand::Flag(word) | ast::DeclOperand::Dynamic(word) => {
                    self.substitutions(source, word, context, false);
                    words.push(self.word(source, word));
                }
                ast::DeclOperand::Name(reference) => words.push(self.bare(source, reference.span)),
                ast::DeclOperand::Assignment(assignment) => {
                    let known = self.assignment_substitutions(source, assignment, context, false);
                    let start = assignment.span.start.offset();
                    let known: Vec<_> =
                        known.into_iter().map(|r| r.start - start.min(r.start)..r.end - start.min(r.end)).collect();
                    let parts = parts(slice(source, assignment.span), &known, self.mode(source));
                    words.push(Word { span: self.span(source, assignment.span), parts });
                }
            }
        }
        let assignments = self.assignments(source, &decl.assignments, context, false);
        self.finish_command(source, statement, decl.span, assignments, words, context);
    }

    #[allow(clippy::too_many_arguments)]
    fn command(
        &mut self,
        source: &Source<'_>,
        statement: &ast::Stmt,
        span: ast::Span,
        assignments: &[ast::Assignment],
        words: &[&ast::Word],
        first: Option<Word>,
        context: &Context,
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

    fn finish_command(
        &mut self,
        source: &Source<'_>,
        statement: &ast::Stmt,
        span: ast::Span,
        assignments: Vec<Assignment>,
        words: Vec<Word>,
        context: &Context,
    ) {
        self.redirect_substitutions(source, &statement.redirects, context);
        let mut covered: Option<Span> = None;
        let mut cover = |span: Span| covered = Some(covered.map_or(span, |c| c.cover(span)));
        let mut redirects = Vec::new();
        let mut heredocs = Vec::new();
        for redirect in &statement.redirects {
            match &redirect.target {
                ast::RedirectTarget::Word(word) => {
                    let span = self.span(source, redirect.span);
                    cover(span);
                    let operator = slice(source, redirect.span);
                    let end = word.span.start.offset().saturating_sub(redirect.span.start.offset());
                    let operator = operator.get(..end).unwrap_or(operator).trim().to_owned();
                    redirects.push(Redirect { operator, target: Some(self.word(source, word)), span });
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
        let nested = if source.depth < MAX_NESTED { self.nested_text(source, &command, bodies) } else { None };
        self.push(command);
        if let Some(nested) = nested {
            let (options, left) = (self.options, self.left);
            self.options = nested.options;
            let context = Context { nested: source.depth + 1, chain: 0, ..context.clone() };
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

    fn push(&mut self, command: Command) {
        self.started = true;
        if self.script.commands.len() < MAX_COMMANDS {
            self.script.commands.push(command);
        }
    }

    /// `set -e` and its like.
    fn set_options(&mut self, command: &Command) {
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
    fn nested_text<'s>(
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
                Place::At(_, base) => {
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
                    Place::Within(word.span)
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
        let mut options = Options::new(dialect);
        options.set_words(effective.words.get(1..).unwrap_or(&[]));
        let text = source.text.get(range.clone())?.to_owned();
        Some(Nested { text, place: source.place.offset(range.start), options, heredoc: true, strip_tabs })
    }

    fn mode(&self, source: &Source<'_>) -> Mode {
        Mode { joined: source.joined, bash: self.options.dialect.may_be_bash(), quoted: false }
    }

    fn span(&self, source: &Source<'_>, span: ast::Span) -> Span {
        source.place.span(range(source, span))
    }

    fn word(&self, source: &Source<'_>, word: &ast::Word) -> Word {
        let span = range(source, word.span);
        let raw = source.text.get(span.clone()).unwrap_or("");
        let mut known: Vec<Range<usize>> = Vec::new();
        collect(&word.parts, false, &mut |_, range, _| {
            known.push(range.start.saturating_sub(span.start)..range.end.saturating_sub(span.start));
        });
        known.sort_by_key(|r| r.start);
        Word { span: source.place.span(span), parts: parts(raw, &known, self.mode(source)) }
    }

    fn assignments(
        &mut self,
        source: &Source<'_>,
        assignments: &[ast::Assignment],
        context: &Context,
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
    fn assignment_substitutions(
        &mut self,
        source: &Source<'_>,
        assignment: &ast::Assignment,
        context: &Context,
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

    fn redirect_substitutions(&mut self, source: &Source<'_>, redirects: &[ast::Redirect], context: &Context) {
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
    fn substitutions(&mut self, source: &Source<'_>, word: &ast::Word, context: &Context, checked: bool) {
        if word.parts.iter().all(|p| matches!(p.kind, ast::WordPart::Literal(_) | ast::WordPart::SingleQuoted { .. })) {
            return;
        }
        let mut found: Vec<(&ast::StmtSeq, bool)> = Vec::new();
        collect(&word.parts, false, &mut |body, _, maybe| found.extend(body.map(|b| (b, maybe))));
        for (body, maybe) in found {
            self.substitution(source, body, context, checked, maybe);
        }
    }

    fn substitution(
        &mut self,
        source: &Source<'_>,
        body: &ast::StmtSeq,
        context: &Context,
        checked: bool,
        maybe: bool,
    ) {
        let (options, left) = (self.options, self.left);
        let inner = Context {
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

struct Nested {
    text: String,
    place: Place,
    options: Options,
    heredoc: bool,
    strip_tabs: bool,
}

/// The inside of a word that is one pair of double quotes, variables left as they stand: what `bash -c "…"` gets but for
/// their values. `None` if an escape would make the outer and the inner reading differ.
fn double_quoted(source: &Source<'_>, word: &Word) -> Option<String> {
    let Place::At(_, base) = source.place else { return None };
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

/// `${ … ${ … ${`, `{a,{a,{` or `a[a[a[` beyond any reason: the parser crate would take quadratic time over them.
fn expansions_nest_too_deep(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'[' => {
                brackets += 1;
                if brackets > MAX_DEPTH {
                    return true;
                }
            }
            b']' => brackets = brackets.saturating_sub(1),
            b'{' | b'(' if *b == b'{' || (i > 0 && bytes[i - 1] == b'$') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// `time time time …` or `coproc coproc …` beyond any reason: the parser crate calls itself for each of them without counting.
/// Words count until
/// something that ends a command, whatever stands between two of them.
fn prefixes_pile_up(text: &str) -> bool {
    if !text.contains("time") && !text.contains("coproc") && !text.contains("\\\n") && !text.contains(mask::GLUE) {
        return false;
    }
    let joined = text.replace("\\\n", "").replace(mask::GLUE, "");
    joined
        .split([';', '|', '&'])
        .any(|part| part.split_whitespace().filter(|word| matches!(*word, "time" | "coproc")).nth(MAX_DEPTH).is_some())
}

fn parse(text: &str) -> ParseResult {
    let profile = shuck_parser::ShellProfile::native(ShellDialect::Bash);
    Parser::with_limits_and_profile(text, MAX_DEPTH, text.len().max(100_000), profile).parse()
}

/// The parse of the longest beginning of a faulty text, up to a place where a command may end before `limit`, that has no
/// fault.
fn longest_beginning(text: &str, limit: usize) -> Option<ParseResult> {
    if text.len() > MAX_RETRY {
        return None;
    }
    let cuts = cuts(text, limit);
    // Faultless beginnings are not all shorter than faulty ones (half an `if` is faulty too), but near enough: take the
    // longest of the last few, then halve.
    for cut in cuts.iter().rev().take(4) {
        if let Some(result) = clean(text, *cut) {
            return Some(result);
        }
    }
    let (mut low, mut high) = (0, cuts.len());
    let mut best = None;
    while low < high {
        let middle = (low + high) / 2;
        match cuts.get(middle).and_then(|cut| clean(text, *cut)) {
            Some(result) => {
                best = Some(result);
                low = middle + 1;
            }
            None => high = middle,
        }
    }
    best
}

fn clean(text: &str, cut: usize) -> Option<ParseResult> {
    let result = parse(text.get(..cut)?);
    (result.status == ParseStatus::Clean && !result.file.body.is_empty()).then_some(result)
}

/// Where a command may end: before `&&`, `||`, `;` and line ends outside quotes.
fn cuts(text: &str, limit: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut quote = None;
    let mut at = 0;
    while at < limit.min(bytes.len()) {
        let b = bytes[at];
        match quote {
            Some(q) => {
                if b == q {
                    quote = None;
                } else if b == b'\\' && q == b'"' {
                    at += 1;
                }
            }
            None => match b {
                b'\'' | b'"' => quote = Some(b),
                b'\\' => at += 1,
                b';' | b'\n' => out.push(at),
                b'&' | b'|' if bytes.get(at + 1) == Some(&b) => {
                    out.push(at);
                    at += 1;
                }
                _ => {}
            },
        }
        at += 1;
    }
    out
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn range(source: &Source<'_>, span: ast::Span) -> Range<usize> {
    let start = floor_boundary(source.text, span.start.offset());
    let end = floor_boundary(source.text, span.end.offset()).max(start);
    start..end
}

fn slice<'s>(source: &Source<'s>, span: ast::Span) -> &'s str {
    source.text.get(range(source, span)).unwrap_or("")
}

/// What becomes of an operand's failure in an and-or list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is the list's failure.
    Falls,
    /// Something runs instead, and that is that.
    Caught,
    /// `|| exit 1`: it ends the script, whatever follows.
    Exits,
}

fn fates(source: &Source<'_>, operands: &[(Option<ast::BinaryOp>, &ast::Stmt)]) -> Vec<Fate> {
    let mut fates = vec![Fate::Falls; operands.len()];
    // The fate of whatever fails before the next `||`.
    let mut next = Fate::Falls;
    for (i, (op, operand)) in operands.iter().enumerate().rev() {
        fates[i] = next;
        if *op == Some(ast::BinaryOp::Or) {
            next = match failing(source, operand, 8) {
                Some(Failing::Exits) => Fate::Exits,
                Some(Failing::False) => next,
                None => Fate::Caught,
            };
        }
    }
    fates
}

enum Failing {
    /// Leaves the shell with a failure.
    Exits,
    /// Ends with a failure.
    False,
}

/// Whether a statement can only fail: `exit 1`, `false`, `{ echo no; exit 1; }`.
fn failing(source: &Source<'_>, statement: &ast::Stmt, depth: u8) -> Option<Failing> {
    let depth = depth.checked_sub(1)?;
    if statement.negated {
        return None;
    }
    match &statement.command {
        ast::Command::Builtin(ast::BuiltinCommand::Exit(exit)) => match &exit.code {
            // `|| exit` passes the failure on.
            None => Some(Failing::Exits),
            Some(code) => (slice(source, code.span) != "0").then_some(Failing::Exits),
        },
        ast::Command::Builtin(ast::BuiltinCommand::Return(exit)) => match &exit.code {
            None => Some(Failing::Exits),
            Some(code) => (slice(source, code.span) != "0").then_some(Failing::Exits),
        },
        ast::Command::Simple(simple) => (slice(source, simple.name.span) == "false").then_some(Failing::False),
        ast::Command::Binary(binary) if binary.op == ast::BinaryOp::And => failing(source, &binary.right, depth),
        ast::Command::Compound(ast::CompoundCommand::BraceGroup(body)) => in_group(source, body, depth),
        ast::Command::Compound(ast::CompoundCommand::Subshell(body)) => {
            in_group(source, body, depth).map(|_| Failing::False)
        }
        _ => None,
    }
}

fn in_group(source: &Source<'_>, body: &ast::StmtSeq, depth: u8) -> Option<Failing> {
    let statement = body.last()?;
    if let ast::Command::Builtin(ast::BuiltinCommand::Exit(exit)) = &statement.command
        && exit.code.is_none()
        && body.len() > 1
    {
        // The status of the message before it.
        return None;
    }
    failing(source, statement, depth)
}

/// Whether a statement asks rather than does: what follows it behind `&&` may well not run.
fn is_test(source: &Source<'_>, statement: &ast::Stmt) -> bool {
    if statement.negated {
        return true;
    }
    let mut statement = statement;
    loop {
        match &statement.command {
            ast::Command::Binary(binary) => statement = &binary.right,
            ast::Command::Compound(ast::CompoundCommand::Conditional(_) | ast::CompoundCommand::Arithmetic(_)) => {
                return true;
            }
            ast::Command::Compound(ast::CompoundCommand::BraceGroup(body) | ast::CompoundCommand::Subshell(body)) => {
                match body.last() {
                    Some(last) => statement = last,
                    None => return false,
                }
            }
            ast::Command::Simple(simple) => {
                let name = base_name(slice(source, simple.name.span));
                let first = simple.args.first().map(|w| slice(source, w.span)).unwrap_or("");
                return match name {
                    "[" | "test" | "which" | "type" | "hash" | "grep" | "egrep" | "fgrep" | "cmp" | "getent"
                    | "expr" | "dpkg-query" | "false" => true,
                    "command" => matches!(first, "-v" | "-V"),
                    "dpkg" => matches!(first, "-s" | "-l" | "-L" | "--status" | "--list" | "--compare-versions"),
                    "rpm" => first.starts_with("-q"),
                    "apk" => first == "info",
                    "id" => !simple.args.is_empty(),
                    _ => false,
                };
            }
            _ => return false,
        }
    }
}
