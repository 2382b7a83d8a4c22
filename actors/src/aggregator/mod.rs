//! Keeps the series of a tenant and collects them.
