//! Messages by their bytes, and all of them there and back.

mod bodies;
mod buckets;
mod label_sets;
mod wire;
