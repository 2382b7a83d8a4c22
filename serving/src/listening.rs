//! Resolves what a listener is to listen on, and listens there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};

use socket2::{Domain, Protocol, Socket, Type};
use spangraph_config::{ListenEndpoint, ListenHost};

/// Connections that wait to be accepted, in the kernel.
const BACKLOG: i32 = 2048;

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The resolver does not know the name, or does not answer.
    #[error("the name {name} does not resolve")]
    Unresolved {
        /// The name.
        name: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The system does not let us listen on the address.
    #[error("{address} cannot be listened on")]
    Refused {
        /// The address, or what the name resolved to.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Listens on `endpoint`, as Go's `net.Listen` does: all addresses mean those of both families where the system has
/// both, and a name means one of its addresses, one of IPv4 when it has any.
///
/// The socket does not block. Waits for the resolver when the host is a name.
///
/// # Errors
/// When the name does not resolve, or the address cannot be listened on.
pub fn listen(endpoint: &ListenEndpoint) -> Result<TcpListener, ListenError> {
    if !endpoint.host.is_all() {
        return listen_on(address_of(endpoint)?);
    }
    let everywhere = |ip: IpAddr| listen_on(SocketAddr::new(ip, endpoint.port));
    match everywhere(Ipv6Addr::UNSPECIFIED.into()) {
        Err(ListenError::Refused { source, .. }) if may_lack_ipv6(&source) => {
            everywhere(Ipv4Addr::UNSPECIFIED.into())
        }
        listening => listening,
    }
}

fn address_of(endpoint: &ListenEndpoint) -> Result<SocketAddr, ListenError> {
    match &endpoint.host {
        ListenHost::All => Ok((Ipv6Addr::UNSPECIFIED, endpoint.port).into()),
        ListenHost::Address(ip) => Ok(SocketAddr::new(*ip, endpoint.port)),
        ListenHost::Name(name) => resolve(name, endpoint.port),
    }
}

fn resolve(name: &str, port: u16) -> Result<SocketAddr, ListenError> {
    let unresolved = |source| ListenError::Unresolved {
        name: name.to_owned(),
        source,
    };
    let addresses: Vec<_> = (name, port).to_socket_addrs().map_err(unresolved)?.collect();
    let first = addresses
        .iter()
        .find(|address| address.is_ipv4())
        .or(addresses.first());
    first
        .copied()
        .ok_or_else(|| unresolved(io::ErrorKind::NotFound.into()))
}

fn listen_on(address: SocketAddr) -> Result<TcpListener, ListenError> {
    open(address).map_err(|source| ListenError::Refused { address, source })
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A restarted server must not wait for the old one's closed connections.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Whether the system may have no IPv6 or have it switched off, for which there are several errors.
fn may_lack_ipv6(error: &io::Error) -> bool {
    let kind = error.kind();
    kind != io::ErrorKind::AddrInUse && kind != io::ErrorKind::PermissionDenied
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn listening(text: &str) -> Result<TcpListener, ListenError> {
        listen(&text.parse().unwrap())
    }

    #[test]
    fn all_addresses_are_reached_by_ipv4_and_where_there_is_one_by_ipv6() {
        let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
        for text in [":0", "0.0.0.0:0", "[::]:0"] {
            let listener = listening(text).unwrap();
            let port = listener.local_addr().unwrap().port();
            assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "{text}");
            assert_eq!(TcpStream::connect(("::1", port)).is_ok(), has_ipv6, "{text}");
        }
    }

    #[test]
    fn a_name_is_resolved_to_one_address_of_ipv4_first() {
        let name = ListenEndpoint {
            host: ListenHost::Name("localhost".to_owned()),
            port: 0,
        };
        let address = listen(&name).unwrap().local_addr().unwrap();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    }

    #[test]
    fn an_error_tells_the_name_or_the_address() {
        let unresolved = listening("nobody.invalid:0").unwrap_err().to_string();
        assert_eq!(unresolved, "the name nobody.invalid does not resolve");
        let taken = listening("127.0.0.1:0").unwrap();
        let taken = taken.local_addr().unwrap().to_string();
        let refused = anyhow::Error::from(listening(&taken).unwrap_err());
        let refused = format!("{refused:#}");
        assert!(
            refused.starts_with(&format!("{taken} cannot be listened on: ")),
            "{refused}"
        );
        assert!(refused.contains("in use"), "{refused}");
    }
}
