//! Which program `tar` starts for an archive's compression (GNU tar's options, its manual, section "Creating and Reading
//! Compressed Archives").

use super::need::{Need, NeedKind};

/// Programs that read or write an archive and are called by their own name.
pub const PROGRAMS: [&str; 18] = [
    "unzip", "zip", "xz", "unxz", "xzcat", "bzip2", "bunzip2", "bzcat", "zstd", "unzstd", "zstdcat", "7z", "7za",
    "7zr", "7zz", "unrar", "unlzma", "lzma",
];

/// Single-letter options that take a value.
const VALUED: &str = "fCbXTgKNVLFHI";

pub(super) fn tar(rest: &[Option<&str>]) -> Vec<Need> {
    let mut program: Option<(&'static str, usize)> = None;
    let mut file: Option<(&str, usize)> = None;
    let (mut reads, mut by_suffix) = (false, false);
    let mut words = rest.iter().enumerate().map(|(i, w)| (i + 1, *w));
    let mut first = true;
    while let Some((at, word)) = words.next() {
        let bundle_without_dash = std::mem::take(&mut first);
        // An unknown word may be any option.
        let Some(word) = word else { return Vec::new() };
        if let Some(long) = word.strip_prefix("--") {
            match long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v))) {
                ("xz", _) => program = Some(("xz", at)),
                ("bzip2", _) => program = Some(("bzip2", at)),
                ("zstd", _) => program = Some(("zstd", at)),
                ("extract" | "get" | "list", _) => reads = true,
                ("auto-compress", _) => by_suffix = true,
                ("use-compress-program" | "to-command", _) => return Vec::new(),
                ("file", Some(value)) => file = Some((value, at)),
                ("file", None) => match words.next() {
                    Some((at, Some(value))) => file = Some((value, at)),
                    _ => return Vec::new(),
                },
                (
                    "directory" | "exclude" | "files-from" | "exclude-from" | "transform" | "xform" | "owner" | "group",
                    None,
                ) => {
                    words.next();
                }
                _ => {}
            }
            continue;
        }
        let letters = match word.strip_prefix('-') {
            Some(letters) => letters,
            None if bundle_without_dash => word,
            None => continue,
        };
        for (index, letter) in letters.char_indices() {
            match letter {
                'J' => program = Some(("xz", at)),
                'j' => program = Some(("bzip2", at)),
                'x' | 't' => reads = true,
                'a' => by_suffix = true,
                'I' => return Vec::new(),
                _ => {}
            }
            if !VALUED.contains(letter) {
                continue;
            }
            // Behind a dash the rest of the word is the value; in the old form values follow in order.
            let attached = letters.get(index + letter.len_utf8()..).filter(|v| word.starts_with('-') && !v.is_empty());
            let value = match attached {
                Some(value) => Some((value, at)),
                None => match words.next() {
                    Some((at, Some(value))) => Some((value, at)),
                    _ => return Vec::new(),
                },
            };
            if letter == 'f' {
                file = value;
            }
            if attached.is_some() {
                break;
            }
        }
    }
    if program.is_none()
        && (reads || by_suffix)
        && let Some((name, at)) = file
    {
        program = by_name(name).map(|p| (p, at));
    }
    let Some((program, word)) = program else { return Vec::new() };
    let error = format!("tar (child): {program}: Cannot exec: No such file or directory");
    vec![Need::new(NeedKind::Archive, &[program], "tar", error, word)]
}

fn by_name(file: &str) -> Option<&'static str> {
    const SUFFIXES: [(&str, &str); 7] = [
        (".tar.xz", "xz"),
        (".txz", "xz"),
        (".tar.bz2", "bzip2"),
        (".tbz2", "bzip2"),
        (".tbz", "bzip2"),
        (".tar.zst", "zstd"),
        (".tzst", "zstd"),
    ];
    SUFFIXES.iter().find(|(s, _)| file.ends_with(s)).map(|(_, p)| *p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(line: &str) -> Option<String> {
        let words: Vec<Option<&str>> = line.split(' ').skip(1).map(Some).collect();
        let needs = tar(&words);
        let crate::image::needs::Thing::Command(name) = needs.first()?.any_of.first()? else { return None };
        Some(name.clone())
    }

    #[test]
    fn options_and_names() {
        for (line, expected) in [
            ("tar -xJ -C /usr/local", Some("xz")),
            ("tar xJf a.tar.xz", Some("xz")),
            ("tar -xJf a", Some("xz")),
            ("tar xjf a", Some("bzip2")),
            ("tar --strip-components=1 -xjf a", Some("bzip2")),
            ("tar xf /tmp/a.tar.bz2 -C /opt", Some("bzip2")),
            ("tar -C /opt -xf a.tar.zst", Some("zstd")),
            ("tar --zstd -xf a", Some("zstd")),
            ("tar -xvf a.txz", Some("xz")),
            ("tar -caf out.tar.xz src", Some("xz")),
            ("tar xzf a.tar.gz", None),
            ("tar -xf a.tar --exclude=J -C /opt --transform s/j/J/", None),
            ("tar -cf /all.tar /srv/src.tar.xz", None),
            ("tar -cf out.tar.xz src", None),
            ("tar -xfJ.tar", None),
            ("tar -I pixz -xf a.tar.xz", None),
            ("tar cf - .", None),
        ] {
            assert_eq!(program(line).as_deref(), expected, "{line}");
        }
    }
}
