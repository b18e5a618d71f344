#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn dump_base() {
    for s in suites() {
        let names: Vec<&str> = s.base().iter().map(|p| s.name(p)).collect();
        println!("BASE {} {} {}", s.release(), names.len(), names.join(" "));
    }
}
