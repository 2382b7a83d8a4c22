//! What is rewritten at a time.

use super::keys::{BlockKey, EndpointKey};

/// A segment that is being rewritten, and what of it is to do, last to first.
#[derive(Debug)]
pub struct Victim {
    pub number: u64,
    pub owners: Vec<Owner>,
}

/// Whose a frame is.
#[derive(Debug)]
pub enum Owner {
    Block(BlockKey),
    Batch(EndpointKey, u64),
}
