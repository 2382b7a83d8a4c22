//! What durable state costs: CPU time, held requests, time of epochs and of starts, disk and memory.

mod disk_syncs;
mod epoch_watch;
mod large;
mod large_report;
mod load;
mod measure;
mod options;
mod report;
mod turns;
mod turns_report;

pub use large_report::{DiskUse, LargeReport, MemoryUse, Restarts, Spread};
pub use measure::durability;
pub use options::{DurabilityOptions, LargeOptions, Part, TurnsOptions};
pub use report::DurabilityReport;
pub use turns_report::{ModeCost, TurnsReport};

pub use crate::state_folder::Mode;
