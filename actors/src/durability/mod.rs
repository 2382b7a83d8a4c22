//! Durable state: what actors hand to an epoch, and how it is written and read again.

mod cut;
mod disk_use;
mod image;
mod keeper;
mod metrics;
mod no_cut;
mod samples;
mod span_log;
mod state_folder;
mod state_thread;
mod steps;
mod tenant_names;
mod tenant_state;

pub use cut::{MissedCut, PipelineCut, TenantCut};
pub use disk_use::{DiskForecast, DiskReading, DiskUse};
pub use image::{BlockSink, CollectingImage, StateImage, Table, TableBlock, Which};
pub use keeper::{EndpointSamples, KeepError, Keeper, Kept, NotKept};
pub use metrics::{DurabilityMetrics, EpochsDescription};
pub use no_cut::NoCut;
pub use samples::{UnknownSamples, decode as decode_samples, encode as encode_samples};
pub use span_log::{
    FoundLog, LOG_FOLDER, ReplayDescription, SpanLogDescription, SpanLogHandle, SpanLogMetrics,
    SpanLogOpenError, source_part,
};
pub use state_folder::{FoundState, StateError, StateFolder};
pub use state_thread::{Question, StateGone, StateHandle};
pub use steps::Steps;
pub use tenant_names::TenantNames;
pub use tenant_state::TenantState;
