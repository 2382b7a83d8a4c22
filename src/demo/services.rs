//! The services of the shop, and the graph that their traces are to give.

/// A service that reports spans.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// `service.name`.
    pub name: &'static str,
    /// `telemetry.sdk.language`.
    pub language: &'static str,
    /// `service.version`.
    pub version: &'static str,
    /// `k8s.node.name`: where it runs.
    pub node: &'static str,
}

macro_rules! services {
    ($($constant:ident = $name:literal $language:literal $version:literal on $node:literal;)*) => {
        $(
            #[doc = concat!("The service `", $name, "`.")]
            pub static $constant: Service =
                Service { name: $name, language: $language, version: $version, node: $node };
        )*

        /// Every service that reports spans.
        pub static SERVICES: &[&Service] = &[$(&$constant),*];
    };
}

services! {
    AD = "ad" "java" "1.14.2" on "node-a";
    CART = "cart" "dotnet" "2.3.0" on "node-b";
    CATALOG = "catalog" "go" "3.1.7" on "node-a";
    CHECKOUT = "checkout" "go" "4.0.1" on "node-c";
    EMAIL = "email" "ruby" "1.2.9" on "node-b";
    FRAUD_DETECTION = "fraud-detection" "java" "0.9.4" on "node-c";
    FRONTEND = "frontend" "nodejs" "5.6.0" on "node-a";
    PAYMENT = "payment" "nodejs" "2.8.3" on "node-c";
    RECOMMENDATION = "recommendation" "python" "1.7.5" on "node-b";
    SHIPPING = "shipping" "rust" "1.0.12" on "node-b";
}

/// Every edge of the graph: client, server and `connection_type`.
///
/// `user` never reports, nor do the databases and `card-network`.
pub const EDGES: [(&str, &str, &str); 17] = [
    ("user", "frontend", "virtual_node"),
    ("frontend", "ad", ""),
    ("frontend", "cart", ""),
    ("frontend", "catalog", ""),
    ("frontend", "checkout", ""),
    ("frontend", "recommendation", ""),
    ("recommendation", "catalog", ""),
    ("cart", "redis", "database"),
    ("catalog", "postgres", "database"),
    ("checkout", "cart", ""),
    ("checkout", "catalog", ""),
    ("checkout", "email", ""),
    ("checkout", "payment", ""),
    ("checkout", "shipping", ""),
    ("checkout", "fraud-detection", "messaging_system"),
    ("fraud-detection", "postgres", "database"),
    ("payment", "card-network", "virtual_node"),
];
