//! The merged model: a tree of values that remember where they came from.

use crate::text::Span;

/// A value of the model. What Compose makes of it is in `kind`; whether we may rely on that is [`Value::is_unknown`].
#[derive(Clone, Debug, PartialEq)]
pub struct ModelValue {
    pub kind: ValueKind,
    /// The place that decided it.
    pub span: Span,
    /// Places of the values that it displaced, oldest first.
    pub displaced: Vec<Span>,
    /// How it was written, where that differs from the value.
    pub written: Option<Box<Written>>,
}

/// What a value was before interpolation or before it was brought into another form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The text before interpolation.
    pub raw: String,
    /// Names of the variables that were interpolated.
    pub variables: Vec<String>,
    /// Those of them that nothing we read sets: Compose puts a blank there.
    pub unset: Vec<String>,
    /// For a `KEY=value` item made of a mapping's entry: where the key and the value stand.
    pub parts: Option<(Span, Span)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ValueKind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    /// An unquoted date, as written. Compose refuses it outside extension fields.
    Timestamp(String),
    Sequence(Vec<ModelValue>),
    Mapping(Vec<ModelEntry>),
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    pub key: String,
    pub key_span: Span,
    pub value: ModelValue,
}

impl ModelValue {
    pub fn new(kind: ValueKind, span: Span) -> Self {
        ModelValue { kind, span, displaced: Vec::new(), written: None }
    }

    /// How many values it holds, itself included.
    pub fn weight(&self) -> usize {
        1 + match &self.kind {
            ValueKind::Mapping(entries) => entries.iter().map(|e| e.value.weight()).sum(),
            ValueKind::Sequence(items) => items.iter().map(ModelValue::weight).sum(),
            _ => 0,
        }
    }

    pub fn string(text: impl Into<String>, span: Span) -> Self {
        ModelValue::new(ValueKind::String(text.into()), span)
    }

    pub fn mapping(span: Span) -> Self {
        ModelValue::new(ValueKind::Mapping(Vec::new()), span)
    }

    /// Whether it holds a variable that nothing we read sets. Collections are known; ask their members.
    pub fn is_unknown(&self) -> bool {
        self.written.as_ref().is_some_and(|w| !w.unset.is_empty())
    }

    pub fn is_null(&self) -> bool {
        self.kind == ValueKind::Null
    }

    pub fn is_mapping(&self) -> bool {
        matches!(self.kind, ValueKind::Mapping(_))
    }

    pub fn is_sequence(&self) -> bool {
        matches!(self.kind, ValueKind::Sequence(_))
    }

    pub fn get(&self, key: &str) -> Option<&ModelValue> {
        self.entry(key).map(|e| &e.value)
    }

    /// [`Value::get`] step by step: `value.at(&["deploy", "resources"])`.
    pub fn at(&self, path: &[&str]) -> Option<&ModelValue> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut ModelValue> {
        let ValueKind::Mapping(entries) = &mut self.kind else { return None };
        entries.iter_mut().find(|e| e.key == key).map(|e| &mut e.value)
    }

    pub fn entry(&self, key: &str) -> Option<&ModelEntry> {
        self.entries().iter().find(|e| e.key == key)
    }

    pub fn entries(&self) -> &[ModelEntry] {
        if let ValueKind::Mapping(entries) = &self.kind { entries } else { &[] }
    }

    pub fn entries_mut(&mut self) -> &mut [ModelEntry] {
        if let ValueKind::Mapping(entries) = &mut self.kind { entries } else { &mut [] }
    }

    /// Returns the items of a list below a key, each as Go's `fmt.Sprint` prints it; empty if there is no such list.
    pub fn printed_items(&self, key: &str) -> Vec<String> {
        self.get(key).map(ModelValue::items).unwrap_or_default().iter().map(ModelValue::print).collect()
    }

    pub fn items(&self) -> &[ModelValue] {
        if let ValueKind::Sequence(items) = &self.kind { items } else { &[] }
    }

    pub fn items_mut(&mut self) -> &mut [ModelValue] {
        if let ValueKind::Sequence(items) = &mut self.kind { items } else { &mut [] }
    }

    /// The text of a string as Compose has it, unset variables blank. For what rules may rely on see [`Value::known_str`].
    pub fn as_str(&self) -> Option<&str> {
        if let ValueKind::String(text) = &self.kind { Some(text) } else { None }
    }

    /// The text of a string that depends on no unset variable.
    pub fn known_str(&self) -> Option<&str> {
        if self.is_unknown() { None } else { self.as_str() }
    }

    pub fn as_bool(&self) -> Option<bool> {
        if let ValueKind::Bool(value) = &self.kind { Some(*value) } else { None }
    }

    /// Sets a key, in place where it exists.
    pub fn set(&mut self, key: &str, value: ModelValue) {
        let ValueKind::Mapping(entries) = &mut self.kind else { return };
        match entries.iter_mut().find(|e| e.key == key) {
            Some(entry) => entry.value = value,
            None => {
                let key_span = value.span;
                entries.push(ModelEntry { key: key.to_owned(), key_span, value });
            }
        }
    }

    pub fn remove(&mut self, key: &str) -> Option<ModelEntry> {
        let ValueKind::Mapping(entries) = &mut self.kind else { return None };
        let at = entries.iter().position(|e| e.key == key)?;
        Some(entries.remove(at))
    }

    /// A scalar as Go's `fmt.Sprint` prints it; collections print nothing useful.
    pub fn print(&self) -> String {
        match &self.kind {
            ValueKind::Null => "<nil>".into(),
            ValueKind::Bool(b) => b.to_string(),
            ValueKind::Int(n) => n.to_string(),
            ValueKind::Float(f) => print_float(*f),
            ValueKind::String(s) | ValueKind::Timestamp(s) => s.clone(),
            ValueKind::Sequence(items) => {
                let items: Vec<_> = items.iter().map(ModelValue::print).collect();
                format!("[{}]", items.join(" "))
            }
            ValueKind::Mapping(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|e| format!("{}:{}", e.key, e.value.print())).collect();
                entries.sort();
                format!("map[{}]", entries.join(" "))
            }
        }
    }
}

/// Go's `%v` of a float64: shortest digits, exponent below 1e-4 and from 1e21 on.
pub fn print_float(f: f64) -> String {
    if f.is_nan() {
        return "NaN".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let magnitude = f.abs();
    if magnitude != 0.0 && !(1e-4..1e21).contains(&magnitude) {
        let text = format!("{f:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(e) => ('-', e),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{f}")
}
