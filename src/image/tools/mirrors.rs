//! Mirrors: what `sed` does to a list of sources.

/// Words that name a suite or a component beside those that an image comes with (Debian: main; Ubuntu: all four).
const SUITES: &[&str] = &[
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
    "sid",
    "experimental",
    "backports",
    "proposed",
    "wheezy",
    "jessie",
    "stretch",
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "precise",
    "trusty",
    "xenial",
    "bionic",
    "focal",
    "hirsute",
    "impish",
    "jammy",
    "kinetic",
    "lunar",
    "mantic",
    "noble",
    "oracular",
    "plucky",
    "questing",
    "resolute",
    "devel",
    "edge",
    "contrib",
    "non-free",
    "non-free-firmware",
    "community",
    "latest-stable",
];

/// True if a `sed` over a list of sources keeps its suites and components: it only puts a mirror in the place of
/// another, as `s/archive.ubuntu.com/mirror.example.org/g`.
pub(in crate::image) fn sed_keeps_releases(name: &str, args: &[&str]) -> bool {
    let mut scripts = Vec::new();
    let mut plain = false;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match *arg {
            "-e" | "--expression" => scripts.extend(rest.next().copied()),
            "-f" | "--file" => return false,
            a if a.starts_with("-i") || a == "-E" || a == "-r" || a == "-n" || a.starts_with("--in-place") => {}
            a if a.starts_with('-') => return false,
            a if a.starts_with('/') => {}
            a if scripts.is_empty() && !plain => {
                plain = true;
                scripts.push(a);
            }
            _ => {}
        }
    }
    let keeps = |script: &str| {
        script.split(';').map(str::trim).filter(|part| !part.is_empty()).all(|part| {
            let mut letters = part.chars();
            let delimiter = match (letters.next(), letters.next()) {
                (Some('s'), Some(d)) if !d.is_alphanumeric() => d,
                _ => return false,
            };
            let part = part.replace(&format!("\\{delimiter}"), " ");
            let fields: Vec<&str> = part.split(delimiter).collect();
            let words = |text: &str| -> Vec<String> {
                text.to_ascii_lowercase()
                    .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
                    .map(|word| word.trim_matches(['.', '-']).to_owned())
                    .collect()
            };
            let touches = |text: &str| {
                words(text).iter().any(|word| {
                    let suite =
                        word.split(['-', '.']).any(|piece| SUITES.contains(&piece)) || SUITES.contains(&word.as_str());
                    // Alpine's folders: v3.19.
                    suite || word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                })
            };
            matches!(fields.as_slice(), [_, from, to, _] if !touches(from) && !touches(to) && !to.contains('\n'))
        })
    };
    name == "sed" && !scripts.is_empty() && scripts.iter().all(|script| !script.contains('\u{0}') && keeps(script))
}
