//! Durable state: what a server keeps over a restart.
//!
//! [`disk`] is what is needed of a file system, [`lock`] keeps two servers out of one folder, [`segments`] are
//! append-only files with checksums, [`epochs`] commit state and the samples that wait to be sent, and [`span_log`]
//! keeps requests until an epoch has them, on a thread that syncs them by groups.

pub mod disk;
pub mod epochs;
pub mod lock;
pub mod segments;
pub mod span_log;
