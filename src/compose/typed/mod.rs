//! The types behind the attributes, as Compose decodes and prints them: what is left out when blank, what is printed as
//! text, what does not convert.

mod attributes;
mod print;

pub(super) use attributes::{FILE_OBJECT, NETWORK, SERVICE, SchemaField, VOLUME_RESOURCE};
pub(super) use print::{Printer, plain};
