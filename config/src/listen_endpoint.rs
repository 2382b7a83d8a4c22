//! Where a listener listens: all addresses, one address or one name, and a port.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// A host and port to listen on, as Go's `net.Listen` reads them: `127.0.0.1:4317`, `localhost:4317`, `tempo:4317`,
/// `[::1]:4317`, or `:4317` for all addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ListenEndpoint {
    /// The host.
    pub host: ListenHost,
    /// The port; 0 takes any free one.
    pub port: u16,
}

/// What to listen on, without the port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum ListenHost {
    /// Every address of the machine, of both families where the system has both.
    All,
    /// One address; an unspecified one (`0.0.0.0`, `::`) means [`All`](Self::All) too.
    Address(IpAddr),
    /// A name, which is resolved when the listener starts.
    Name(String),
}

/// Why a text is no place to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidListenAddress {
    /// Not a host and a port.
    #[error(
        "{0:?} is not an address to listen on, write host:port, such as 127.0.0.1:4317, 0.0.0.0:4317 or tempo:4317"
    )]
    Endpoint(String),
    /// Not a host.
    #[error(
        "{0:?} is not an address to listen on, write an IP address or a host name, such as 127.0.0.1 or 0.0.0.0"
    )]
    Host(String),
}

/// The longest name that DNS has.
const MAX_NAME_BYTES: usize = 253;

impl ListenHost {
    /// Whether it means every address of the machine.
    #[must_use]
    pub fn is_all(&self) -> bool {
        match self {
            Self::All => true,
            Self::Address(address) => address.is_unspecified(),
            Self::Name(_) => false,
        }
    }
}

impl From<SocketAddr> for ListenEndpoint {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: ListenHost::Address(address.ip()),
            port: address.port(),
        }
    }
}

impl FromStr for ListenEndpoint {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        let parsed = text.rsplit_once(':').and_then(|(host, port)| {
            let host = match host.strip_prefix('[') {
                Some(bracketed) => ipv6(bracketed.strip_suffix(']')?)?,
                // Its port could not be told from its last group.
                None if host.contains(':') => return None,
                None => host.parse().ok()?,
            };
            let port = port.parse().ok()?;
            Some(Self { host, port })
        });
        parsed.ok_or_else(|| InvalidListenAddress::Endpoint(text.to_owned()))
    }
}

impl FromStr for ListenHost {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        match text {
            "" => return Ok(Self::All),
            // Loopback by definition (RFC 6761 §6.3), whatever the hosts file lacks.
            "localhost" => return Ok(Self::Address(Ipv4Addr::LOCALHOST.into())),
            _ => {}
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let host = ipv6(text).or_else(|| is_name(text).then(|| Self::Name(text.to_owned())));
        host.ok_or_else(|| InvalidListenAddress::Host(text.to_owned()))
    }
}

/// An IPv6 address; one with a zone is left to the resolver, which knows the interfaces.
fn ipv6(text: &str) -> Option<ListenHost> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(ListenHost::Address(address.into()));
    }
    let (address, zone) = text.split_once('%')?;
    let is_zoned = address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty();
    is_zoned.then(|| ListenHost::Name(text.to_owned()))
}

/// Whether `text` can be a host's name: what ends in a number is a mistyped address.
fn is_name(text: &str) -> bool {
    let labels = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(is_of_names)
    };
    let last = labels.rsplit('.').next().unwrap_or_default();
    text.len() <= MAX_NAME_BYTES
        && labels.split('.').all(is_label)
        && !last.bytes().all(|byte| byte.is_ascii_digit())
}

impl TryFrom<String> for ListenEndpoint {
    type Error = InvalidListenAddress;

    fn try_from(text: String) -> Result<Self, InvalidListenAddress> {
        text.parse()
    }
}

impl TryFrom<String> for ListenHost {
    type Error = InvalidListenAddress;

    fn try_from(text: String) -> Result<Self, InvalidListenAddress> {
        text.parse()
    }
}

impl fmt::Display for ListenEndpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            ListenHost::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]:{}", self.port),
            ListenHost::Name(zoned) if zoned.contains(':') => write!(formatter, "[{zoned}]:{}", self.port),
            host => write!(formatter, "{host}:{}", self.port),
        }
    }
}

impl fmt::Display for ListenHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Address(address) => address.fmt(formatter),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

impl Serialize for ListenEndpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for ListenHost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_read_as_go_reads_them_and_are_written_as_they_were() {
        let address = |text: &str| ListenHost::Address(text.parse().unwrap());
        let name = |text: &str| ListenHost::Name(text.to_owned());
        for (text, host, port) in [
            ("0.0.0.0:4317", address("0.0.0.0"), 4317),
            (":4317", ListenHost::All, 4317),
            ("[::]:4318", address("::"), 4318),
            ("[::1]:4317", address("::1"), 4317),
            ("tempo:4317", name("tempo"), 4317),
            (
                "tempo-0.tempo_x.svc.cluster.local.:1",
                name("tempo-0.tempo_x.svc.cluster.local."),
                1,
            ),
            ("[fe80::1%eth0]:4317", name("fe80::1%eth0"), 4317),
        ] {
            let endpoint: ListenEndpoint = text.parse().unwrap();
            assert_eq!(endpoint, ListenEndpoint { host, port });
            assert_eq!(endpoint.to_string(), text);
        }
        let localhost: ListenEndpoint = "localhost:4318".parse().unwrap();
        assert_eq!(localhost.to_string(), "127.0.0.1:4318");
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for text in [
            "",
            "4317",
            "tempo",
            "0.0.0.0",
            "localhost:",
            ":99999",
            ":-1",
            "::1:4317",
            "[::1:4317",
            "[tempo]:4317",
            "[127.0.0.1]:4317",
            "300.0.0.1:4317",
            "127.0.1:4317",
            "a..b:4317",
            "te mpo:4317",
            "http://0.0.0.0:4317",
            "tempo:4317/v1/traces",
        ] {
            let refused = Err(InvalidListenAddress::Endpoint(text.to_owned()));
            assert_eq!(text.parse::<ListenEndpoint>(), refused);
        }
    }

    #[test]
    fn a_host_alone_is_an_address_a_name_or_all() {
        for (text, is_all) in [
            ("", true),
            ("0.0.0.0", true),
            ("::", true),
            ("::1", false),
            ("tempo", false),
        ] {
            let host: ListenHost = text.parse().unwrap();
            assert_eq!((host.is_all(), host.to_string().as_str()), (is_all, text));
        }
        for text in ["tempo:3200", "10.0.0", "a/b", "%eth0"] {
            assert!(text.parse::<ListenHost>().is_err(), "{text}");
        }
    }
}
