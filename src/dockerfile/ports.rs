//! The words of EXPOSE: `[[ip:]hostPort:]port[-port][/protocol]`, as the builder reads them.

/// One word of EXPOSE, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port<'a> {
    /// In front of the last two colons; the builder ignores it.
    pub host_ip: &'a str,
    /// In front of the last colon; the builder ignores it.
    pub host_port: &'a str,
    pub first: u16,
    pub last: u16,
    /// As written; `tcp` if there is none.
    pub protocol: &'a str,
}

impl<'a> Port<'a> {
    /// The error is the builder's sentence.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let (host, container) = text.rsplit_once(':').unwrap_or(("", text));
        let (host_ip, host_port) = host.rsplit_once(':').unwrap_or(("", host));
        let wrong = |what: &str| format!("invalid port: {text:?}: {what}");
        let (ports, protocol) = container.split_once('/').unwrap_or((container, ""));
        if ports.is_empty() {
            return Err(wrong("no port specified"));
        }
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "" => "tcp",
            "tcp" | "udp" | "sctp" => protocol,
            _ => return Err(wrong(&format!("invalid proto: {protocol}"))),
        };
        if !host_ip.is_empty() && !is_address(host_ip) {
            return Err(format!("invalid IP address: {host_ip}"));
        }
        let (first, last) = range(ports).ok_or_else(|| format!("invalid containerPort: {ports}"))?;
        if !host_port.is_empty() {
            let (from, to) = range(host_port).ok_or_else(|| format!("invalid hostPort: {host_port}"))?;
            if first != last && last - first != to - from {
                return Err(format!("invalid ranges specified for container and host Ports: {ports} and {host_port}"));
            }
        }
        Ok(Port { host_ip, host_port, first, last, protocol })
    }

    /// Whether it names an address or a port of the host, which EXPOSE cannot publish.
    pub fn maps_host(&self) -> bool {
        !self.host_ip.is_empty() || !self.host_port.is_empty()
    }
}

fn is_address(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<std::net::IpAddr>().is_ok()
}

fn range(text: &str) -> Option<(u16, u16)> {
    let number = |text: &str| -> Option<u16> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
    };
    match text.split_once('-') {
        Some((first, last)) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some((first, last))
        }
        None => number(text).map(|port| (port, port)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        let port = Port::parse("127.0.0.1:8080:80/TCP").unwrap();
        assert_eq!((port.host_ip, port.host_port, port.first, port.protocol), ("127.0.0.1", "8080", 80, "TCP"));
        assert!(port.maps_host() && !Port::parse("80").unwrap().maps_host());
        assert_eq!(Port::parse("8000-8010/udp").unwrap().last, 8010);
        assert!(Port::parse("[::1]:80:80").is_ok());
        for wrong in ["x", "70000", "80/http", "90-80", "", "/tcp", "a:80", "1.2.3:1:2", "80-90:70-75"] {
            assert!(Port::parse(wrong).is_err(), "{wrong}");
        }
    }
}
