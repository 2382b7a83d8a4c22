//! The last minute of each tenant's service graph, by which pages tell rates: kept in memory and with every epoch.

mod histories;
mod history;
mod image;
mod reading;
mod records;
mod restoring;

pub use histories::GraphHistories;
pub use history::{History, Window};
pub use image::{GRAPH_READINGS, GraphHistoryImage};
pub use restoring::HistoryLoader;
