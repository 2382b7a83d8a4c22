//! Makes up the services that traffic runs through: who calls whom, by what, and what they call themselves.

use fastrand::Rng;

use super::conventions;
use super::service::{Database, Endpoint, Service};

const DOMAINS: [&str; 25] = [
    "cart",
    "checkout",
    "payment",
    "inventory",
    "shipping",
    "catalog",
    "search",
    "pricing",
    "customer",
    "email",
    "invoice",
    "loyalty",
    "media",
    "notification",
    "order",
    "profile",
    "quote",
    "rating",
    "recommendation",
    "refund",
    "session",
    "stock",
    "tax",
    "voucher",
    "warehouse",
];
const ROLES: [&str; 4] = ["service", "api", "worker", "gateway"];
const LANGUAGES: [&str; 5] = ["java", "go", "nodejs", "python", "dotnet"];
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
const DATABASES: [(&str, u16); 4] = [
    ("postgresql", 5432),
    ("mysql", 3306),
    ("redis", 6379),
    ("mongodb", 27017),
];
const COMPANIES: [&str; 5] = ["stripe", "twilio", "sendgrid", "avalara", "fedex"];

/// The services, in an order in which each calls only later ones.
#[derive(Debug)]
pub(super) struct Mesh {
    pub(super) services: Vec<Service>,
}

impl Mesh {
    /// A mesh of `services`, at least 2.
    pub(super) fn new(services: usize, rng: &mut Rng) -> Self {
        Self {
            services: (0..services)
                .map(|position| service(position, services, rng))
                .collect(),
        }
    }

    /// How many services take requests from outside: the first ones.
    pub(super) fn entries(&self) -> usize {
        (self.services.len() / 5).max(1)
    }
}

/// One of `all`, with equal chances.
pub(super) fn pick<'a, T>(all: &'a [T], rng: &mut Rng) -> Option<&'a T> {
    if all.is_empty() {
        return None;
    }
    all.get(rng.usize(..all.len()))
}

fn service(position: usize, services: usize, rng: &mut Rng) -> Service {
    let domain = DOMAINS.get(position % DOMAINS.len()).copied().unwrap_or_default();
    let name = name(position, domain);
    let language = *pick(&LANGUAGES, rng).unwrap_or(&"go");
    Service {
        resource: conventions::resource(&name, language, rng),
        endpoints: endpoints(domain, rng),
        callees: later(position, services, rng),
        database: (rng.u8(..) < 150).then(|| database(domain, rng)),
        topic: (position + 1 < services && rng.u8(..) < 90)
            .then(|| (format!("{domain}.events"), rng.usize(position + 1..services))),
        company: (rng.u8(..) < 60)
            .then(|| pick(&COMPANIES, rng).copied())
            .flatten(),
        name,
        domain,
        language,
    }
}

fn database(domain: &str, rng: &mut Rng) -> Database {
    let (system, port) = *pick(&DATABASES, rng).unwrap_or(&DATABASES[0]);
    Database {
        system,
        port,
        address: format!("{domain}-{system}.databases.svc.cluster.local"),
        namespace: format!("{domain}_production"),
    }
}

fn name(position: usize, domain: &str) -> String {
    let role = ROLES
        .get(position / DOMAINS.len() % ROLES.len())
        .copied()
        .unwrap_or_default();
    match position / (DOMAINS.len() * ROLES.len()) {
        0 => format!("{domain}-{role}"),
        more => format!("{domain}-{role}-{more}"),
    }
}

fn endpoints(domain: &str, rng: &mut Rng) -> Vec<Endpoint> {
    let is_rpc = rng.u8(..) < 100;
    let count = rng.usize(3..=6);
    let endpoint = |number: usize| match (is_rpc, METHODS.get(number % METHODS.len())) {
        (false, Some(method)) if number < METHODS.len() => {
            Endpoint::Http(method, format!("/api/v1/{domain}/{{id}}"))
        }
        (false, _) => Endpoint::Http("GET", format!("/api/v1/{domain}/{{id}}/items/{number}")),
        (true, _) => Endpoint::Rpc(format!("shop.{domain}.v1.{domain}Service/Operation{number}")),
    };
    (0..count).map(endpoint).collect()
}

fn later(position: usize, services: usize, rng: &mut Rng) -> Vec<usize> {
    if position + 1 >= services {
        return Vec::new();
    }
    let mut callees: Vec<_> = (0..rng.usize(1..=4))
        .map(|_| rng.usize(position + 1..services))
        .collect();
    callees.sort_unstable();
    callees.dedup();
    callees
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_calls_go_only_to_later_services() {
        let mesh = Mesh::new(1_000, &mut Rng::with_seed(7));
        let names: BTreeSet<_> = mesh.services.iter().map(|service| &service.name).collect();
        assert_eq!(names.len(), 1_000);
        for (position, service) in mesh.services.iter().enumerate() {
            assert!(
                service
                    .callees
                    .iter()
                    .all(|callee| (position + 1..1_000).contains(callee))
            );
            assert!(
                (8..=12).contains(&service.resource.len()),
                "{:?}",
                service.resource
            );
        }
        assert!(
            mesh.services
                .iter()
                .any(|service| service.database.is_some() && service.topic.is_some())
        );
    }
}
