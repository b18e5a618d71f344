//! Facts from `rules/data/`: what base images have, how packages were renamed. Tables are cut into their rows as text
//! and a row is decoded when something asks for it, because reading all of them would take milliseconds.

pub mod alpine;
pub mod archives;
pub mod base;
pub mod closed;
pub mod conda;
pub mod packages;
mod given_up;
mod known;
mod renamed;
mod rows;
pub mod tables;
mod tags;

pub use base::{BaseImage, Completeness, Shell, base_image};
pub use given_up::{debian_keeps_in_sid, debian_until, is_given_up, withdrawn};
pub use known::{Known, Manager};
pub use renamed::renamed;

#[cfg(test)]
mod tests;
