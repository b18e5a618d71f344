//! RuleNames of rules as people write them: our own, other tools' names of the same check, groups.

use crate::diagnostic::rule::{Group, RuleMeta};

/// All rules, by every name they go by.
#[derive(Clone, Debug)]
pub struct RuleNames {
    rules: Vec<&'static RuleMeta>,
}

impl RuleNames {
    pub fn new(rules: impl IntoIterator<Item = &'static RuleMeta>) -> Self {
        RuleNames { rules: rules.into_iter().collect() }
    }

    pub fn rules(&self) -> &[&'static RuleMeta] {
        &self.rules
    }

    /// The rule of this very name.
    pub fn rule(&self, name: &str) -> Option<&'static RuleMeta> {
        self.rules.iter().find(|r| r.name == name).copied()
    }

    /// The rules that other tools know by this name; case does not matter.
    pub fn aliased(&self, alias: &str) -> Vec<&'static str> {
        let known = |rule: &&&'static RuleMeta| rule.front().aliases.iter().any(|a| a.eq_ignore_ascii_case(alias));
        self.rules.iter().filter(known).map(|r| r.name).collect()
    }

    /// What a name in `select`, `ignore` or a comment stands for: a rule, an alias, a group, or `all`. Empty for a name
    /// that nothing goes by.
    pub fn resolve(&self, name: &str) -> Vec<&'static str> {
        if let Some(rule) = self.rule(name) {
            return vec![rule.name];
        }
        if name.eq_ignore_ascii_case("all") {
            return self.rules.iter().map(|r| r.name).collect();
        }
        if let Some(group) = Group::ALL.into_iter().find(|g| g.as_str() == name) {
            return self.rules.iter().filter(|r| r.front().group == group).map(|r| r.name).collect();
        }
        self.aliased(name)
    }

    /// The known name that looks most like an unknown one.
    pub fn suggest(&self, name: &str) -> Option<String> {
        let mut known: Vec<&str> = self.rules.iter().map(|r| r.name).collect();
        known.extend(Group::ALL.iter().map(|g| g.as_str()));
        known.extend(self.rules.iter().flat_map(|r| r.front().aliases.iter().map(String::as_str)));
        closest(name, &known).map(str::to_owned)
    }

    /// As [`Names::resolve`], with a sentence for a name that nothing goes by.
    pub fn demand(&self, name: &str) -> Result<Vec<&'static str>, String> {
        let found = self.resolve(name);
        if !found.is_empty() {
            return Ok(found);
        }
        Err(format!("unknown rule `{name}`{}", did_you_mean(self.suggest(name).as_deref())))
    }
}

/// "; did you mean `x`?", or nothing.
pub fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|s| format!("; did you mean `{s}`?")).unwrap_or_default()
}

/// The known word that looks most like an unknown one, if any does.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // Nobody mistypes at such length, and the comparison is not linear.
    if word.len() > 100 {
        return None;
    }
    similar::get_close_matches(word, known, 1, 0.6).first().copied()
}
