//! Borrowing views of OTLP trace messages: nothing is copied, nothing that is not asked for is decoded.
