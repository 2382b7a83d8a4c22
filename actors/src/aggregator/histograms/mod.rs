//! Distributions of what is observed, classic and native, and the traces behind them.

mod exemplar;
mod exemplar_records;
mod histogram;
mod native_histogram;
mod native_histograms;

pub use exemplar::Exemplar;
pub use histogram::{Histograms, Observation};
pub use native_histogram::NativeHistogram;
pub use native_histograms::NativeHistograms;
