//! Who is let in: TLS, certificates of clients, renewal, credentials and their tenants.

mod credentials;
mod renewal;
mod tls;
