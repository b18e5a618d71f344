//! Changes as a unified diff that `git apply` takes, byte for byte.

use std::io::Write as _;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::FileChange;

/// Lines of context, as `diff -u` and git have them.
const CONTEXT: usize = 3;

/// The diff of all changes, paths below `a/` and `b/`.
pub fn diff(changes: &[FileChange]) -> Vec<u8> {
    let mut out = Vec::new();
    for change in changes {
        file(change, &mut out);
    }
    out
}

fn file(change: &FileChange, out: &mut Vec<u8>) {
    let (old, new) = (lines(&change.before), lines(&change.after));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    if ops.iter().all(|op| op.tag() == DiffTag::Equal) {
        return;
    }
    // Writing to a vector does not fail.
    let _ = write!(out, "--- {}\n+++ {}\n", name("a/", &change.name), name("b/", &change.name));
    for hunk in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let (old_range, new_range) =
            (first.old_range().start..last.old_range().end, first.new_range().start..last.new_range().end);
        let _ = writeln!(out, "@@ -{} +{} @@", range(&old_range), range(&new_range));
        for op in hunk {
            if let DiffOp::Equal { old_index, len, .. } = op {
                old[old_index..old_index + len].iter().for_each(|line| put(out, b' ', line));
            } else {
                old[op.old_range()].iter().for_each(|line| put(out, b'-', line));
                new[op.new_range()].iter().for_each(|line| put(out, b'+', line));
            }
        }
    }
}

/// Lines with their line ends.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|b| *b == b'\n').collect()
}

/// A range as the format has it: from 1, and an empty one names the line before it.
fn range(range: &std::ops::Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        n => format!("{},{n}", range.start + 1),
    }
}

fn put(out: &mut Vec<u8>, sign: u8, line: &[u8]) {
    out.push(sign);
    out.extend_from_slice(line);
    if !line.ends_with(b"\n") {
        out.extend_from_slice(b"\n\\ No newline at end of file\n");
    }
}

/// A path as git writes it: quoted like a C string where it holds a quote, a backslash or a control character; with a tab
/// behind it where it holds a blank.
fn name(prefix: &str, path: &str) -> String {
    let odd = path.chars().any(|c| matches!(c, '"' | '\\') || c.is_control());
    if !odd {
        return format!("{prefix}{path}{}", if path.contains(' ') { "\t" } else { "" });
    }
    let mut out = format!("\"{prefix}");
    for c in path.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    out.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
