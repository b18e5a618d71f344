//! Lists, pipelines and compounds: who looks at a command's outcome, and whether it runs at all.

use shuck_ast as ast;

use super::{Reader, Source, slice};
use crate::shell::effective::base_name;
use crate::shell::parts::parts;
use crate::shell::{Command, CommandPosition, Loop, Part, Redirect, Word};
use crate::text::Span;

impl Reader {
    pub(super) fn sequence(&mut self, source: &Source<'_>, sequence: &ast::StmtSeq, context: &CommandPosition) {
        let statements = sequence.as_slice();
        let mut chain = if statements.len() == 1 && context.chain != 0 { context.chain } else { self.next_chain() };
        for (i, statement) in statements.iter().enumerate() {
            let last = i + 1 == statements.len();
            let errexit = self.options.errexit && !context.guarded;
            if i > 0 && !errexit {
                chain = self.next_chain();
            }
            let mut inner = CommandPosition { chain, ..context.clone() };
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
    pub(super) fn list(
        &mut self,
        source: &Source<'_>,
        statement: &ast::Stmt,
        context: &CommandPosition,
        followed: bool,
    ) {
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

    pub(super) fn pipeline(&mut self, source: &Source<'_>, statement: &ast::Stmt, context: &CommandPosition) {
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

    pub(super) fn statement(&mut self, source: &Source<'_>, statement: &ast::Stmt, context: &CommandPosition) {
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
                self.compound_redirects(source, statement, context);
                self.compound(source, compound, context);
            }
            ast::Command::Function(function) => {
                let name = function.static_names().next().map(|n| n.as_str().to_owned());
                self.script.functions.extend(name.clone());
                let inner = CommandPosition { function: Some(name.unwrap_or_default()), ..CommandPosition::default() };
                self.list(source, &function.body, &inner, false);
            }
            ast::Command::AnonymousFunction(_) => {}
        }
    }

    /// A file that a compound writes is written as by `> FILE`, a command without words: the shell opens it first.
    fn compound_redirects(&mut self, source: &Source<'_>, statement: &ast::Stmt, context: &CommandPosition) {
        let redirects = statement.redirects.iter().filter_map(|r| self.file_redirect(source, r));
        let redirects: Vec<Redirect> = redirects.filter(|r| r.operator.contains('>')).collect();
        if let Some(span) = redirects.iter().map(|r| r.span).reduce(Span::cover) {
            self.push(Command {
                span,
                assignments: Vec::new(),
                words: Vec::new(),
                redirects,
                context: context.clone(),
                heredocs: Vec::new(),
            });
        }
    }

    pub(super) fn compound(&mut self, source: &Source<'_>, compound: &ast::CompoundCommand, context: &CommandPosition) {
        use ast::CompoundCommand as C;
        let branch = || CommandPosition { conditional: true, chain: 0, ..context.clone() };
        let condition = |first: bool| CommandPosition {
            guarded: true,
            conditional: context.conditional || !first,
            chain: 0,
            ..context.clone()
        };
        let body = |conditional: bool| CommandPosition {
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
                let context = CommandPosition { looped: true, ..condition(true) };
                self.sequence(source, &c.condition, &context);
                self.sequence(source, &c.body, &body(true));
            }
            C::Until(c) => {
                let context = CommandPosition { looped: true, ..condition(true) };
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
                self.sequence(source, sequence, &CommandPosition { subshell: true, ..context.clone() });
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
            C::Coproc(c) => self.list(source, &c.body, &CommandPosition { background: true, ..context.clone() }, false),
            C::Always(c) => {
                self.sequence(source, &c.body, context);
                self.sequence(source, &c.always_body, context);
            }
        }
    }

    /// `[[ … ]]` as a command of that name, its words as they stand.
    pub(super) fn conditional(&mut self, source: &Source<'_>, c: &ast::ConditionalCommand, context: &CommandPosition) {
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

    pub(super) fn bare(&self, source: &Source<'_>, span: ast::Span) -> Word {
        let parts = parts(slice(source, span), &[], self.mode(source));
        Word { span: self.span(source, span), parts }
    }

    pub(super) fn declaration(
        &mut self,
        source: &Source<'_>,
        statement: &ast::Stmt,
        decl: &ast::DeclClause,
        context: &CommandPosition,
    ) {
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
