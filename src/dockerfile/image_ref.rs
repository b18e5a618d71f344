//! `registry/name:tag@digest`, taken apart as Docker does.

/// The parts of an image reference. Borrowed from the text, so each part's place in it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// `ghcr.io`; `None` means Docker Hub. The first part is a registry if it holds a `.` or `:` or is `localhost`.
    pub registry: Option<&'a str>,
    /// Everything between registry and tag: `ggml-org/llama.cpp`, `postgres`.
    pub path: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

impl<'a> ImageRef<'a> {
    /// `None` for an empty name or one that still holds a variable.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.is_empty() || text.contains('$') || text.contains(char::is_whitespace) {
            return None;
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (registry, rest) = match rest.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
            _ => (None, rest),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (rest, None),
        };
        (!path.is_empty()).then_some(ImageRef { registry, path, tag, digest })
    }

    /// `llama.cpp` of `ghcr.io/ggml-org/llama.cpp`.
    pub fn last(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The path without its last part: `ggml-org`; for a name without one on Docker Hub, `library`.
    pub fn owner(&self) -> Option<&'a str> {
        match self.path.rsplit_once('/') {
            Some((owner, _)) => Some(owner),
            None if self.on_docker_hub() => Some("library"),
            None => None,
        }
    }

    pub fn on_docker_hub(&self) -> bool {
        matches!(self.registry, None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io"))
    }

    /// Name and path as Docker Hub's short form has them: `docker.io/library/nginx` and `nginx` are both `nginx`.
    pub fn familiar(&self) -> String {
        let path = self.path.strip_prefix("library/").filter(|_| self.on_docker_hub()).unwrap_or(self.path);
        match self.registry {
            Some(registry) if !self.on_docker_hub() => format!("{registry}/{path}"),
            _ => path.to_owned(),
        }
    }

    /// `name:tag` with Docker Hub's short name and without the digest: what tables of tags are keyed by.
    pub fn name_and_tag(&self) -> String {
        format!("{}:{}", self.familiar(), self.tag.unwrap_or("latest"))
    }

    /// Whether the two name the same repository and tag (`nginx` and `docker.io/library/nginx:latest` do).
    pub fn same_image(&self, other: &ImageRef<'_>) -> bool {
        self.name_and_tag() == other.name_and_tag()
    }
}

/// Whether the builder takes a text for the name of an image: lower case, a tag of up to 128 characters, a whole digest.
/// The grammar is that of `distribution/reference`.
pub fn is_valid(text: &str) -> bool {
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return false;
    }
    let (domain, rest) = match rest.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, rest),
    };
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let is_id = domain.is_none() && tag.is_none() && path.len() == 64 && path.bytes().all(|b| b.is_ascii_hexdigit());
    domain.is_none_or(is_domain)
        && tag.is_none_or(is_tag)
        && !is_id
        && path.len() <= 255
        && path.split('/').all(is_path_component)
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !host.starts_with('[') || host.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match address {
        Some(address) => !address.is_empty() && address.chars().all(|c| c.is_ascii_hexdigit() || c == ':'),
        None => host.split('.').all(label),
    };
    host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// Letters and digits with single `.`, one or two `_`, or any number of `-` between them.
fn is_path_component(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = part.split(plain).filter(|between| !between.is_empty());
    part.starts_with(plain) && part.ends_with(plain) && { separators }
        .all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let wanted = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return algorithm.starts_with(|c: char| c.is_ascii_alphabetic()) && hex.len() >= 32,
    };
    hex.len() == wanted && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let r = ImageRef::parse("ghcr.io/ggml-org/llama.cpp:full-cuda").unwrap();
        assert_eq!(
            (r.registry, r.path, r.tag, r.digest),
            (Some("ghcr.io"), "ggml-org/llama.cpp", Some("full-cuda"), None)
        );
        assert_eq!((r.last(), r.owner()), ("llama.cpp", Some("ggml-org")));
        let r = ImageRef::parse("localhost:5000/a@sha256:00").unwrap();
        assert_eq!((r.registry, r.path, r.tag, r.digest), (Some("localhost:5000"), "a", None, Some("sha256:00")));
        let r = ImageRef::parse("docker.io/library/nginx").unwrap();
        assert_eq!((r.familiar().as_str(), r.owner()), ("nginx", Some("library")));
        assert!(ImageRef::parse("a:${TAG}").is_none());
    }

    #[test]
    fn names_that_the_builder_takes() {
        let digest = format!("a@sha256:{}", "0".repeat(64));
        for good in
            ["alpine", "a/b_c:1.2-x", "ghcr.io/a/b", "localhost:5000/a", "a--b", digest.as_str(), "REG.example/a"]
        {
            assert!(is_valid(good), "{good}");
        }
        for wrong in
            ["", "busybox:", ":1", "Alpine", "a/B", "a b", "a:-x", "a@sha256:12", "a..b", "-a", "a/", "a:1:2", "$x"]
        {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }
}
