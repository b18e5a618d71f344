//! Variables: their values, where these come from, and the names that the builder itself knows.

use std::collections::HashMap;

use crate::text::Span;

/// A longer value counts as unknown: chains such as `ENV A=$A$A` double with every line.
const MAX_VALUE: usize = 64 * 1024;

/// The arguments that every build has, to be declared with a bare `ARG NAME` where a stage wants them.
pub const AUTOMATIC_ARGUMENTS: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// Arguments that steer the builder or reach every RUN; a caller may give them though no ARG declares them.
/// Source: "Predefined ARGs" and "BuildKit built-in build args" of the Dockerfile reference, read 2026-11.
pub fn is_predefined(name: &str) -> bool {
    const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];
    PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(name))
        || name.starts_with("BUILDKIT_")
        || name == "SOURCE_DATE_EPOCH"
        || AUTOMATIC_ARGUMENTS.contains(&name)
}

/// Set for the builder's own use and never seen by a word.
pub(super) fn never_expands(name: &str) -> bool {
    matches!(name, "BUILDKIT_SBOM_SCAN_CONTEXT" | "BUILDKIT_SBOM_SCAN_STAGE")
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    Known(String),
    /// Surely without a value, which is not the same as empty for `${x-y}`.
    Unset,
    /// Has a value or not: it cannot be told from here.
    Unknown,
}

impl VariableValue {
    pub(in crate::dockerfile) fn new(text: Option<String>) -> Self {
        match text {
            Some(text) if text.len() <= MAX_VALUE => VariableValue::Known(text),
            _ => VariableValue::Unknown,
        }
    }

    pub fn known(&self) -> Option<&str> {
        match self {
            VariableValue::Known(text) => Some(text),
            VariableValue::Unset | VariableValue::Unknown => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    Arg,
    Env,
}

/// Where a variable's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableOrigin {
    /// The value at its declaration (the span is the value's).
    Here(Span),
    /// The default of the ARG before the first FROM (the span is that of its pair).
    Global(Span),
    /// A build argument of the caller's.
    Caller,
    /// `TARGETARCH` and the like.
    Automatic,
    /// The base image.
    Image,
    /// Declared without a value, and none is given.
    Nowhere,
}

/// A variable from its declaration on.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub value: VariableValue,
    pub kind: VariableKind,
    pub origin: VariableOrigin,
    /// The `NAME=value` that declares it; FROM's image for what the base image sets.
    pub declaration: Span,
    /// Index of the declaring instruction.
    pub instruction: usize,
    /// Seen from this place on: an instruction, and a pair within it.
    pub(in crate::dockerfile) visible: (u32, u32),
}

/// Declarations by name, in order.
pub(in crate::dockerfile) type VariableNames = HashMap<String, Vec<u32>>;

pub(in crate::dockerfile) fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
