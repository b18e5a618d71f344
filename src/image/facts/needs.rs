//! What builds need (filled next).
