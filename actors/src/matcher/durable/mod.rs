//! What waits to be paired, as blocks of an epoch: written from a frozen pairing, and read again for any number of shards.
//!
//! Pending edges live for seconds, so nearly all of them differ from one epoch to the next: an image always writes all.
//! A block stands for itself: it has the texts that its edges name, and the dimensions that its rows were made for.

mod block_error;
mod edge_encoder;
mod image;
mod loaded_pairing;
mod loader;
mod marks;
mod records;
mod saved_edges;
mod tables;

pub use block_error::{BlockFlaw, PairingBlockError};
pub use image::{FrozenPairing, PairingImage};
pub use loaded_pairing::{LoadedEdge, LoadedPairing};
pub use loader::PairingLoader;
pub use tables::PAIRING_TABLES;
