//! `file:` addresses and paths. Nothing else has a path, and only UTF-8 or the bytes of the system's own names stand in one.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;

/// The path of a `file:` address of this machine; `None` for everything else (`untitled:`, another host, no absolute path).
pub(super) fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str();
    let scheme = rest.get(..5)?;
    if !scheme.eq_ignore_ascii_case("file:") {
        return None;
    }
    let rest = rest.get(5..)?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let slash = rest.find('/')?;
            let (host, path) = rest.split_at(slash);
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return None;
            }
            path
        }
        None => rest,
    };
    let path = path.split(['?', '#']).next()?;
    let bytes = decode(path)?;
    from_bytes(bytes).filter(|path| path.is_absolute())
}

/// The `file:` address of an absolute path.
pub(super) fn from_path(path: &Path) -> Option<Uri> {
    let mut out = String::from("file://");
    let bytes = to_bytes(path);
    if bytes.first() != Some(&b'/') {
        out.push('/');
    }
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Uri::from_str(&out).ok()
}

/// Percent-encoded bytes; `None` where a `%` is not followed by two digits.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(byte);
        }
    }
    (!out.contains(&0)).then_some(out)
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// `/c:/x` is a drive's path.
#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    let text = String::from_utf8(bytes).ok()?;
    let drive = text.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
    Some(PathBuf::from(drive.unwrap_or(&text)))
}

#[cfg(unix)]
fn to_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
fn to_bytes(path: &Path) -> Vec<u8> {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("//?/").unwrap_or(&text).as_bytes().to_vec()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back() {
        for path in ["/a/b", "/a b/ü.yml", "/a%20/[x]{y}", "/😀", "/#?", "/"] {
            let uri = from_path(Path::new(path)).unwrap();
            assert_eq!(to_path(&uri).unwrap(), Path::new(path), "{}", uri.as_str());
        }
    }

    #[test]
    fn what_is_no_file_has_no_path() {
        for text in
            ["untitled:Untitled-1", "git:/a/b", "file://host/a", "file:relative", "file:///a%00b", "file:///%zz"]
        {
            assert_eq!(Uri::from_str(text).ok().and_then(|uri| to_path(&uri)), None, "{text}");
        }
        for text in ["file:/a/b", "FILE:///a/b", "file://localhost/a/b", "file:///%61/b", "file:///a/b#L3"] {
            assert_eq!(to_path(&Uri::from_str(text).unwrap()).unwrap(), Path::new("/a/b"), "{text}");
        }
    }
}
