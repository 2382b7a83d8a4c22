//! Free ports on loopback that no other test of this run is given.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports below the system's ephemeral range, so that no outgoing connection takes one in between.
const FIRST: u16 = 12_000;
const LAST: u16 = 31_999;

static HANDED_OUT: AtomicU16 = AtomicU16::new(0);

/// The next port that nothing listens on.
pub fn free_port() -> u16 {
    let span = LAST - FIRST;
    let start = u16::try_from(process::id() % u32::from(span)).expect("a remainder of a u16 fits one");
    for _ in 0..span {
        let step = HANDED_OUT.fetch_add(1, Ordering::Relaxed) % span;
        let port =
            FIRST + u16::try_from((u32::from(start) + u32::from(step)) % u32::from(span)).expect("fits");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port between {FIRST} and {LAST} is free");
}
