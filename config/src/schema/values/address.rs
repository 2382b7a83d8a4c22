//! Addresses to listen on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// An address and port to listen on: `127.0.0.1:4317`, `localhost:4317`, `[::1]:4317`, or `:4317` for all addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct ListenEndpoint(pub SocketAddr);

/// An address to listen on: an IP address, `localhost`, or the empty text for all addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct ListenAddress(pub IpAddr);

/// Why a text is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not an IP address and a port.
    #[error("{0:?} is not an address to listen on, write ip:port, such as 127.0.0.1:4317 or 0.0.0.0:4317")]
    Endpoint(String),
    /// Not an IP address.
    #[error("{0:?} is not an address to listen on, write an IP address, such as 127.0.0.1 or 0.0.0.0")]
    Address(String),
}

impl TryFrom<String> for ListenEndpoint {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        let parsed = match text.rsplit_once(':') {
            Some(("", port)) => port.parse().ok().map(|port| (Ipv4Addr::UNSPECIFIED, port).into()),
            Some(("localhost", port)) => port.parse().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into()),
            _ => text.parse().ok(),
        };
        parsed.map(Self).ok_or(InvalidAddress::Endpoint(text))
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        let parsed = match text.as_str() {
            "" => Some(Ipv4Addr::UNSPECIFIED.into()),
            "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
            _ => text.parse().ok(),
        };
        parsed.map(Self).ok_or(InvalidAddress::Address(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_read_as_the_collector_writes_them() {
        let cases = [
            ("0.0.0.0:4317", "0.0.0.0:4317"),
            (":4317", "0.0.0.0:4317"),
            ("localhost:4318", "127.0.0.1:4318"),
            ("[::1]:4317", "[::1]:4317"),
        ];
        for (text, address) in cases {
            assert_eq!(
                ListenEndpoint::try_from(text.to_owned()).unwrap().0.to_string(),
                address
            );
        }
        for text in [
            "",
            "4317",
            "tempo:4317",
            "0.0.0.0",
            "localhost:",
            ":99999",
            "http://0.0.0.0:4317",
        ] {
            assert_eq!(
                ListenEndpoint::try_from(text.to_owned()),
                Err(InvalidAddress::Endpoint(text.to_owned()))
            );
        }
    }
}
