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
}
