//! What receiving a request costs, small and large, over few connections and many, beside a receiver that drops it.

mod bodies;
mod burst;
mod calm;
mod case;
mod connection;
mod figures;
mod goals;
mod lanes;
mod measure;
mod options;
mod peer;
mod receivers;
mod report;
mod table;

pub use figures::{CaseReport, ReceiverFigures};
pub use measure::requests;
pub use options::{Part, RequestsOptions};
pub use peer::PeerCommand;
pub use report::{CalmReport, MemoryReport, RequestsReport};
