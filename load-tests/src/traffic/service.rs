//! A service of the traffic: what it is called, what it offers, and what it calls.

use opentelemetry_proto::tonic::common::v1::KeyValue;

/// One service, of one instance.
#[derive(Debug)]
pub(super) struct Service {
    /// Its `service.name`.
    pub(super) name: String,
    /// The domain that its routes and tables are named by.
    pub(super) domain: &'static str,
    /// The language of its SDK.
    pub(super) language: &'static str,
    /// What every request of it says.
    pub(super) resource: Vec<KeyValue>,
    /// What it offers.
    pub(super) endpoints: Vec<Endpoint>,
    /// Positions of the services it calls.
    pub(super) callees: Vec<usize>,
    /// Its database.
    pub(super) database: Option<Database>,
    /// Its topic and the position of the service that reads it.
    pub(super) topic: Option<(String, usize)>,
    /// The company outside that it calls.
    pub(super) company: Option<&'static str>,
}

/// What a service offers.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    /// Method and route.
    Http(&'static str, String),
    /// Full method.
    Rpc(String),
}

/// A database.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) system: &'static str,
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) namespace: String,
}
