//! The server round the pipeline: receivers take traces from the network and hand them on.

pub mod receivers;
