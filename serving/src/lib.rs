//! What receivers and pages stand on: listeners, TLS, credentials, and what is counted of those who connect.

#![warn(clippy::indexing_slicing)]

pub mod authentication;
pub mod http_server;
pub mod listener;
pub mod listening;
pub mod open_listeners;
pub mod protocols;
pub mod receiver_metrics;
mod stalls;
pub mod tls;
