//! Reads what spangraph writes, apart from the code that wrote it, for tests and for load tests.

pub mod exposition;
