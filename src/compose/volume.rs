//! The short form of a service volume: `[source:]target[:options]`.

/// A parsed short form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ShortVolume {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) bind: bool,
    pub(super) read_only: bool,
    pub(super) no_copy: bool,
    pub(super) propagation: Option<String>,
    pub(super) selinux: Option<String>,
    /// One or two characters: an anonymous volume without any further attribute.
    pub(super) bare: bool,
}

/// Splits a short form as Compose does; the error is Compose's.
pub(super) fn parse(spec: &str) -> Result<ShortVolume, String> {
    let mut volume = ShortVolume::default();
    if spec.is_empty() {
        return Err("invalid empty volume spec".into());
    }
    if spec.len() <= 2 {
        volume.target = spec.to_owned();
        volume.bare = true;
        return Ok(volume);
    }
    let mut start = 0;
    let mut nested = 0_usize;
    let bytes = spec.as_bytes();
    let chars = spec.char_indices().map(|(i, c)| (i, Some(c))).chain([(spec.len(), None)]);
    let mut error = None;
    for (i, c) in chars {
        match c {
            Some('$') if bytes.get(i + 1) == Some(&b'{') => nested += 1,
            Some('}') if nested > 0 => nested -= 1,
            Some(':') | None if nested == 0 => {
                let field = spec.get(start..i).unwrap_or("");
                // One letter before a colon is a drive, in whatever field.
                if c.is_some() && is_drive(field) {
                    continue;
                }
                if let Err(message) = take(&mut volume, field, c.is_none()) {
                    error = Some(message);
                    break;
                }
                start = i + 1;
            }
            _ => {}
        }
    }
    volume.bind = is_path(&volume.source);
    match error {
        Some(message) => Err(format!("invalid spec: {spec}: {message}")),
        None => Ok(volume),
    }
}

fn is_drive(field: &str) -> bool {
    let mut chars = field.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn take(volume: &mut ShortVolume, field: &str, last: bool) -> Result<(), &'static str> {
    if field.is_empty() {
        return Err("empty section between colons");
    }
    if volume.source.is_empty() {
        if last {
            volume.target = field.to_owned();
        } else {
            volume.source = field.to_owned();
        }
        return Ok(());
    }
    if volume.target.is_empty() {
        volume.target = field.to_owned();
        return Ok(());
    }
    if !last {
        return Err("too many colons");
    }
    for option in field.split(',') {
        match option {
            "ro" => volume.read_only = true,
            "rw" => volume.read_only = false,
            "nocopy" => volume.no_copy = true,
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                volume.propagation = Some(option.to_owned());
            }
            "z" | "Z" => volume.selinux = Some(option.to_owned()),
            // Compose ignores what it does not know.
            _ => {}
        }
    }
    Ok(())
}

/// Whether a source is a path of the host rather than the name of a volume.
pub(super) fn is_path(source: &str) -> bool {
    if source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") {
        return true;
    }
    let mut chars = source.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next() == Some(':')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let v = parse("./data:/data:ro,Z").unwrap();
        assert_eq!((v.source.as_str(), v.target.as_str(), v.bind, v.read_only), ("./data", "/data", true, true));
        assert_eq!(v.selinux.as_deref(), Some("Z"));
        let v = parse("db:/var/lib").unwrap();
        assert!(!v.bind);
        let v = parse("/var/lib").unwrap();
        assert_eq!((v.source.as_str(), v.target.as_str()), ("", "/var/lib"));
        // A volume of one letter is taken for a drive.
        let v = parse("c:/c:ro").unwrap();
        assert_eq!((v.source.as_str(), v.target.as_str()), ("c:/c", "ro"));
        assert_eq!(parse("d:/foo:/foo").unwrap().source, "d:/foo");
        assert!(parse("a1::/b").is_err());
        assert!(parse("aa:/b:ro:x").is_err());
        assert!(parse("").is_err());
    }
}
