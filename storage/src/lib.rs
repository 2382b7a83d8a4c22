//! Durable state: what a server keeps over a restart.
//!
//! [`disk`] is what is needed of a file system, and [`lock`] keeps two servers out of one folder.

pub mod disk;
pub mod lock;
