//! What the tests share: the server and its neighbours as processes, senders, receivers and readers.

pub mod browser;
pub mod certificates;
pub mod config;
pub mod executable;
pub mod otlp;
pub mod ports;
pub mod process;
pub mod prometheus;
pub mod receiver;
pub mod repository;
pub mod server;
pub mod site;
pub mod spans;
pub mod store_proxy;
pub mod until;

pub use receiver::{Behaviour, RemoteWriteReceiver};
pub use server::{Ports, Server, ServerConfig};
pub use until::until;
