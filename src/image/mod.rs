//! What an image holds after each instruction, without a daemon: packages, commands, toolkits; present, absent or unknown,
//! each with the reason.

pub mod cuda;
pub mod facts;
pub mod index;
pub mod install;
pub mod needs;
pub mod official;
pub mod repair;

use crate::source::Span;

/// Three values, and unknown is the default: only a certain absence may become a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Present(Reason),
    Absent(Reason),
    Unknown(Reason),
}

/// Why we think so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The instruction or word that decided it; `None` where it is a fact about the base image.
    pub span: Option<Span>,
    /// "apt-get install build-essential", "debian:12 has no compiler".
    pub text: String,
}
