//! What the services do when they are called: which work, which calls, how often it fails.

use std::time::Duration;

use super::services::{
    AD, CART, CATALOG, CHECKOUT, EMAIL, FRAUD_DETECTION, FRONTEND, PAYMENT, RECOMMENDATION, SHIPPING, Service,
};

/// Something that a service does for a caller.
pub struct Operation {
    /// Who does it.
    pub service: &'static Service,
    /// How it is called.
    pub endpoint: Endpoint,
    /// The median of the time that the service itself takes, without its calls.
    pub work: Duration,
    /// The share of calls that fail by the service's own fault.
    pub failure_rate: f64,
    /// What it calls, one after the other.
    pub steps: &'static [Step],
}

/// How an operation is called.
pub enum Endpoint {
    /// HTTP: method and route.
    Http(&'static str, &'static str),
    /// gRPC: the fully qualified method.
    Rpc(&'static str),
    /// The messages of a Kafka topic.
    Topic(&'static str),
}

/// One call that an operation makes.
pub struct Step {
    /// What is called.
    pub call: Call,
    /// Whether the operation fails when the call does.
    pub required: bool,
}

/// What can be called.
pub enum Call {
    /// Another service, which answers.
    Service(&'static Operation),
    /// The consumer of a topic, which nobody waits for.
    Publish(&'static Operation),
    /// A database.
    Database(&'static Query),
    /// A company outside, which reports no spans.
    External(&'static ExternalCall),
}

/// A database call.
pub struct Query {
    /// `db.system.name`.
    pub system: &'static str,
    /// `db.namespace`.
    pub namespace: &'static str,
    /// `server.address` and `server.port`.
    pub server: (&'static str, i64),
    /// `db.operation.name`.
    pub operation: &'static str,
    /// `db.collection.name`; empty when the database has none.
    pub collection: &'static str,
    /// `db.query.text`.
    pub text: &'static str,
    /// The median latency.
    pub latency: Duration,
    /// The share of calls that fail.
    pub failure_rate: f64,
}

/// An HTTP call to a company outside.
pub struct ExternalCall {
    /// The name under which it is known here: `peer.service`.
    pub peer: &'static str,
    /// The host of the URL.
    pub host: &'static str,
    /// The path of the URL, called with POST.
    pub path: &'static str,
    /// The median latency.
    pub latency: Duration,
    /// The share of calls that fail.
    pub failure_rate: f64,
}

/// What users do, each with its share in a hundred visits.
pub static JOURNEYS: [(u32, &Operation); 4] = [
    (35, &HOME_PAGE),
    (35, &PRODUCT_PAGE),
    (18, &ADD_TO_CART),
    (12, &CHECK_OUT),
];

const fn required(call: Call) -> Step {
    Step { call, required: true }
}

const fn optional(call: Call) -> Step {
    Step {
        call,
        required: false,
    }
}

const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

static HOME_PAGE: Operation = Operation {
    service: &FRONTEND,
    endpoint: Endpoint::Http("GET", "/"),
    work: milliseconds(12),
    failure_rate: 0.001,
    steps: &[
        required(Call::Service(&LIST_PRODUCTS)),
        optional(Call::Service(&GET_CART)),
        optional(Call::Service(&GET_ADS)),
    ],
};

static PRODUCT_PAGE: Operation = Operation {
    service: &FRONTEND,
    endpoint: Endpoint::Http("GET", "/products/{id}"),
    work: milliseconds(9),
    failure_rate: 0.001,
    steps: &[
        required(Call::Service(&GET_PRODUCT)),
        optional(Call::Service(&LIST_RECOMMENDATIONS)),
        optional(Call::Service(&GET_ADS)),
    ],
};

static ADD_TO_CART: Operation = Operation {
    service: &FRONTEND,
    endpoint: Endpoint::Http("POST", "/cart"),
    work: milliseconds(6),
    failure_rate: 0.002,
    steps: &[
        required(Call::Service(&GET_PRODUCT)),
        required(Call::Service(&ADD_ITEM)),
    ],
};

static CHECK_OUT: Operation = Operation {
    service: &FRONTEND,
    endpoint: Endpoint::Http("POST", "/checkout"),
    work: milliseconds(8),
    failure_rate: 0.002,
    steps: &[required(Call::Service(&PLACE_ORDER))],
};

static PLACE_ORDER: Operation = Operation {
    service: &CHECKOUT,
    endpoint: Endpoint::Rpc("shop.Checkout/PlaceOrder"),
    work: milliseconds(14),
    failure_rate: 0.005,
    steps: &[
        required(Call::Service(&GET_CART)),
        required(Call::Service(&GET_PRODUCT)),
        required(Call::Service(&QUOTE_SHIPPING)),
        required(Call::Service(&CHARGE_CARD)),
        required(Call::Service(&SHIP_ORDER)),
        optional(Call::Service(&EMPTY_CART)),
        optional(Call::Publish(&SCREEN_ORDER)),
        optional(Call::Service(&CONFIRM_ORDER)),
    ],
};

static LIST_PRODUCTS: Operation = Operation {
    service: &CATALOG,
    endpoint: Endpoint::Rpc("shop.Catalog/ListProducts"),
    work: milliseconds(4),
    failure_rate: 0.002,
    steps: &[required(Call::Database(&SELECT_PRODUCTS))],
};

static GET_PRODUCT: Operation = Operation {
    service: &CATALOG,
    endpoint: Endpoint::Rpc("shop.Catalog/GetProduct"),
    work: milliseconds(2),
    failure_rate: 0.002,
    steps: &[required(Call::Database(&SELECT_PRODUCT))],
};

static GET_CART: Operation = Operation {
    service: &CART,
    endpoint: Endpoint::Rpc("shop.Cart/GetCart"),
    work: milliseconds(2),
    failure_rate: 0.001,
    steps: &[required(Call::Database(&READ_CART))],
};

static ADD_ITEM: Operation = Operation {
    service: &CART,
    endpoint: Endpoint::Rpc("shop.Cart/AddItem"),
    work: milliseconds(3),
    failure_rate: 0.002,
    steps: &[required(Call::Database(&WRITE_CART))],
};

static EMPTY_CART: Operation = Operation {
    service: &CART,
    endpoint: Endpoint::Rpc("shop.Cart/EmptyCart"),
    work: milliseconds(2),
    failure_rate: 0.001,
    steps: &[required(Call::Database(&DELETE_CART))],
};

static LIST_RECOMMENDATIONS: Operation = Operation {
    service: &RECOMMENDATION,
    endpoint: Endpoint::Rpc("shop.Recommendation/ListRecommendations"),
    work: milliseconds(25),
    failure_rate: 0.01,
    steps: &[required(Call::Service(&LIST_PRODUCTS))],
};

static GET_ADS: Operation = Operation {
    service: &AD,
    endpoint: Endpoint::Rpc("shop.Ad/GetAds"),
    work: milliseconds(7),
    failure_rate: 0.03,
    steps: &[],
};

static QUOTE_SHIPPING: Operation = Operation {
    service: &SHIPPING,
    endpoint: Endpoint::Http("POST", "/quotes"),
    work: milliseconds(5),
    failure_rate: 0.002,
    steps: &[],
};

static SHIP_ORDER: Operation = Operation {
    service: &SHIPPING,
    endpoint: Endpoint::Http("POST", "/shipments"),
    work: milliseconds(18),
    failure_rate: 0.004,
    steps: &[],
};

static CHARGE_CARD: Operation = Operation {
    service: &PAYMENT,
    endpoint: Endpoint::Rpc("shop.Payment/Charge"),
    work: milliseconds(11),
    failure_rate: 0.01,
    steps: &[required(Call::External(&CARD_NETWORK))],
};

static CONFIRM_ORDER: Operation = Operation {
    service: &EMAIL,
    endpoint: Endpoint::Http("POST", "/confirmations"),
    work: milliseconds(45),
    failure_rate: 0.02,
    steps: &[],
};

static SCREEN_ORDER: Operation = Operation {
    service: &FRAUD_DETECTION,
    endpoint: Endpoint::Topic("orders"),
    work: milliseconds(60),
    failure_rate: 0.01,
    steps: &[required(Call::Database(&INSERT_SCREENING))],
};

static CARD_NETWORK: ExternalCall = ExternalCall {
    peer: "card-network",
    host: "api.card-network.example",
    path: "/v1/charges",
    latency: milliseconds(160),
    failure_rate: 0.02,
};

const POSTGRES: Query = Query {
    system: "postgresql",
    namespace: "shop|public",
    server: ("postgres", 5432),
    operation: "SELECT",
    collection: "products",
    text: "",
    latency: milliseconds(3),
    failure_rate: 0.001,
};

const REDIS: Query = Query {
    system: "redis",
    namespace: "0",
    server: ("redis", 6379),
    operation: "HGETALL",
    collection: "",
    text: "",
    latency: Duration::from_micros(600),
    failure_rate: 0.001,
};

static SELECT_PRODUCTS: Query = Query {
    text: "SELECT id, name, price FROM products ORDER BY name LIMIT $1",
    latency: milliseconds(9),
    ..POSTGRES
};

static SELECT_PRODUCT: Query = Query {
    text: "SELECT id, name, price, description FROM products WHERE id = $1",
    ..POSTGRES
};

static INSERT_SCREENING: Query = Query {
    operation: "INSERT",
    collection: "screenings",
    text: "INSERT INTO screenings (order_id, score) VALUES ($1, $2)",
    ..POSTGRES
};

static READ_CART: Query = Query {
    text: "HGETALL ?",
    ..REDIS
};

static WRITE_CART: Query = Query {
    operation: "HSET",
    text: "HSET ? ? ?",
    ..REDIS
};

static DELETE_CART: Query = Query {
    operation: "DEL",
    text: "DEL ?",
    ..REDIS
};
