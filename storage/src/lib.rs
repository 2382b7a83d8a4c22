//! Durable state: what a server keeps over a restart.
//!
//! [`disk`] is what is needed of a file system, [`lock`] keeps two servers out of one folder, and [`segments`] are
//! append-only files with checksums.

pub mod disk;
pub mod lock;
pub mod segments;
