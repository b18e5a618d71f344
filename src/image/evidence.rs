//! What the model answers: present, absent or unknown, each with a reason.

use std::sync::Arc;

use crate::text::Span;

/// The answer to a question about an image. Only a certain absence may become a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Present(Reason),
    Absent(Reason),
    Unknown(Reason),
}

/// The reason for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The instruction or word that decided it; `None` for a fact about the base image.
    pub span: Option<Span>,
    /// "apt-get install build-essential", "debian:12 has no compiler".
    pub text: String,
}

/// A reason that many facts share.
pub type SharedReason = Arc<Reason>;

/// Returns a reason with the place that gives it.
pub(super) fn reason(span: Span, text: impl Into<String>) -> SharedReason {
    Arc::new(Reason { span: Some(span), text: text.into() })
}
