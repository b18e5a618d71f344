//! `os/arch/variant`, as `--platform` has it.

/// A platform by the names that Go uses for systems and processors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `None` if only a processor is named.
    pub os: Option<String>,
    /// `None` if only a system is named.
    pub arch: Option<String>,
    pub variant: Option<String>,
}

impl Platform {
    /// `None` for what the builder refuses.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let word = |part: &str| {
            let plain = part.split('(').next().unwrap_or(part);
            !plain.is_empty() && plain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        };
        if !parts.iter().all(|part| word(part)) {
            return None;
        }
        let system = |os: &str| os.split('(').next().map(|os| if os == "macos" { "darwin" } else { os }.to_owned());
        match parts.as_slice() {
            [one] if KNOWN_SYSTEMS.contains(one) || one.contains('(') => {
                Some(Platform { os: system(one), arch: None, variant: None })
            }
            [one] => {
                let (arch, variant) = processor(one, None);
                KNOWN_PROCESSORS.contains(&arch.as_str()).then_some(Platform { os: None, arch: Some(arch), variant })
            }
            [os, arch] => {
                let (arch, variant) = processor(arch, None);
                Some(Platform { os: system(os), arch: Some(arch), variant })
            }
            [os, arch, variant] => {
                let (arch, variant) = processor(arch, Some(variant));
                Some(Platform { os: system(os), arch: Some(arch), variant })
            }
            _ => None,
        }
    }
}

const KNOWN_SYSTEMS: [&str; 13] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "solaris",
    "windows",
];

const KNOWN_PROCESSORS: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
];

/// Other names of processors; a usual variant is left out.
fn processor(arch: &str, variant: Option<&str>) -> (String, Option<String>) {
    let (arch, variant) = match (arch, variant) {
        ("i386", _) => ("386", None),
        ("x86_64" | "x86-64" | "amd64", v) => ("amd64", v.filter(|v| *v != "v1")),
        ("aarch64" | "arm64", v) => ("arm64", v.filter(|v| !matches!(*v, "8" | "v8"))),
        ("armhf", _) => ("arm", Some("v7")),
        ("armel", _) => ("arm", Some("v6")),
        other => other,
    };
    (arch.to_owned(), variant.map(str::to_owned))
}

/// The processor of images in Docker Hub's repositories that hold one processor's images only. Source: the list of
/// architectures in docker-library/official-images' README, read 2026-11.
pub fn of_repository(owner: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match owner {
        "amd64" => ("amd64", None),
        "arm32v5" => ("arm", Some("v5")),
        "arm32v6" => ("arm", Some("v6")),
        "arm32v7" => ("arm", Some("v7")),
        "arm64v8" => ("arm64", None),
        "i386" => ("386", None),
        "mips64le" => ("mips64le", None),
        "ppc64le" => ("ppc64le", None),
        "riscv64" => ("riscv64", None),
        "s390x" => ("s390x", None),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn platforms() {
        let p = Platform::parse("linux/aarch64/v8").unwrap();
        assert_eq!((p.os.as_deref(), p.arch.as_deref(), p.variant), (Some("linux"), Some("arm64"), None));
        assert_eq!(Platform::parse("x86_64").unwrap().arch.unwrap(), "amd64");
        assert_eq!(Platform::parse("linux").unwrap().arch, None);
        assert!(Platform::parse("linux/").is_none() && Platform::parse("potato").is_none());
    }
}
