//! One function for each parser that faces the network: it takes any bytes, and panics when what must hold does not.

mod bodies;
mod headers;
mod otlp;

pub use bodies::{compressed_body, grpc_message};
pub use headers::headers;
pub use otlp::{otlp_json, otlp_protobuf};

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Every target's name, as its folder of seeds is called, and what it does.
pub const TARGETS: [(&str, Target); 5] = [
    ("compressed_body", compressed_body),
    ("grpc_message", grpc_message),
    ("headers", headers),
    ("otlp_json", otlp_json),
    ("otlp_protobuf", otlp_protobuf),
];
