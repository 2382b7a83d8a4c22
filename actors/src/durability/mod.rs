//! Durable state: what actors hand to an epoch, and how it is written and read again.

mod image;

pub use image::{BlockSink, CollectingImage, StateImage, Table, TableBlock, Which};
