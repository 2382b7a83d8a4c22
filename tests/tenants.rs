//! Many tenants on one server: whose spans are whose, what each may send, and that none feels another.

mod rates;
