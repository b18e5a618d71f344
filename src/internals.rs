//! The private modules, for our own benches, fuzz targets and tests. No part of the interface: anything here may change with
//! any commit. Behind the feature `internals`.

macro_rules! open {
    ($($name:ident),* $(,)?) => {
        $(
            pub mod $name {
                pub use crate::$name::*;
            }
        )*
    };
}

open! { analysis, compose, config, dockerfile, files, graph, image, lint, project, redact, shell, yaml }
