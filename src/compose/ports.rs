//! The short form of a published port: `[ip:][host[-host]:]container[-container][/protocol]`.

use std::net::IpAddr;

/// One published port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShortPort {
    pub(super) host_ip: String,
    /// A port, a range, or nothing.
    pub(super) published: String,
    pub(super) target: u16,
    pub(super) protocol: String,
}

/// What a short form comes to.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) ports: Vec<ShortPort>,
    /// True if only the first port of a range is included.
    pub(super) cut: bool,
}

/// Splits a short form; equal ranges become one entry each, or the first alone where they are more than `most`. The error is
/// Compose's.
pub(super) fn parse(spec: &str, most: usize) -> Result<Ports, String> {
    let mut parts = spec.rsplitn(3, ':');
    let container = parts.next().unwrap_or("");
    let host = parts.next().unwrap_or("");
    let mut ip = parts.next().unwrap_or("");
    let mut pieces = container.split('/');
    let (container, protocol) = match (pieces.next().unwrap_or(""), pieces.next()) {
        ("", _) => ("", ""),
        (port, None | Some("")) => (port, "tcp"),
        (port, Some(protocol)) => (port, protocol),
    };
    if ip.starts_with('[') {
        ip = match ip.strip_prefix('[').and_then(|i| i.strip_suffix(']')) {
            Some(inner) if !inner.contains(['[', ']']) => inner,
            _ => return Err(format!("invalid IP address {ip}")),
        };
    }
    if !ip.is_empty() && !is_ip(ip) {
        return Err(format!("invalid IP address: {ip}"));
    }
    if container.is_empty() {
        return Err(format!("no port specified: {spec}<empty>"));
    }
    let (start, end) = range(container).ok_or_else(|| format!("invalid containerPort: {container}"))?;
    let (host_start, host_end) =
        if host.is_empty() { (0, 0) } else { range(host).ok_or_else(|| format!("invalid hostPort: {host}"))? };
    if !host.is_empty() && end - start != host_end - host_start && end != start {
        return Err(format!("invalid ranges specified for container and host Ports: {container} and {host}"));
    }
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("invalid proto: {protocol}"));
    }
    let cut = start != end && usize::from(end - start) >= most;
    let last = if cut { 0 } else { end - start };
    let mut ports: Vec<ShortPort> = (0..=last)
        .map(|i| {
            let published = if host.is_empty() {
                String::new()
            } else if start == end && host_start != host_end {
                format!("{host_start}-{host_end}")
            } else {
                (u32::from(host_start) + u32::from(i)).to_string()
            };
            ShortPort { host_ip: ip.to_owned(), published, target: start + i, protocol: protocol.clone() }
        })
        .collect();
    // Compose lists them in the order of their names as text.
    ports.sort_by_cached_key(|p| p.target.to_string());
    Ok(Ports { ports, cut })
}

/// An address of either family; an IPv6 zone is not part of it.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn range(text: &str) -> Option<(u16, u16)> {
    let port = |text: &str| {
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u16>().ok()).flatten()
    };
    match text.split_once('-') {
        None => port(text).map(|p| (p, p)),
        Some((start, end)) => {
            let (start, end) = (port(start)?, port(end)?);
            (start <= end).then_some((start, end))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn short(spec: &str) -> Vec<(String, String, u16, String)> {
        parse(spec, 100).unwrap().ports.into_iter().map(|p| (p.host_ip, p.published, p.target, p.protocol)).collect()
    }

    fn port(ip: &str, published: &str, target: u16, protocol: &str) -> (String, String, u16, String) {
        (ip.into(), published.into(), target, protocol.into())
    }

    #[test]
    fn forms() {
        assert_eq!(short("80"), [port("", "", 80, "tcp")]);
        assert_eq!(short("8080:80/UDP"), [port("", "8080", 80, "udp")]);
        assert_eq!(short("127.0.0.1::90"), [port("127.0.0.1", "", 90, "tcp")]);
        assert_eq!(short("[::1]:80:80"), [port("::1", "80", 80, "tcp")]);
        assert_eq!(short("8000-8010:80"), [port("", "8000-8010", 80, "tcp")]);
        assert_eq!(short("8-9:8-9"), [port("", "8", 8, "tcp"), port("", "9", 9, "tcp")]);
        for bad in ["", "a:80", "80:", "1-2:1-3", "80/foo", "1.2.3:1:2", "70000", "9-8"] {
            assert!(parse(bad, 100).is_err(), "{bad}");
        }
        let cut = parse("1-65535", 65_534).unwrap();
        assert!(cut.cut && cut.ports.len() == 1);
        assert_eq!(parse("1-65535", 65_535).unwrap().ports.len(), 65_535);
    }
}
