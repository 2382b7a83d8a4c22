//! Borrowing views of OTLP trace messages: nothing is copied, nothing that is not asked for is decoded.
//!
//! Fields may come in any order. Of a field that may stand once but is repeated, the last one counts.

mod any_value;
mod span;
mod trace_request;
mod value_text;

#[cfg(test)]
mod tests;

pub use any_value::{AnyValue, KeyValue};
pub use span::Span;
pub use trace_request::{ResourceSpans, resource_spans};
