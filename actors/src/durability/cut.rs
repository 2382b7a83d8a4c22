//! What is handed to an epoch: the states of actors as of one cut, and what was collected.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use spangraph_config::TenantId;
use spangraph_storage::epochs::SourcePart;

use super::image::{CollectingImage, StateImage};
use crate::batches::Collected;
use crate::graph_history::GraphHistoryImage;

/// A cut through the whole pipeline: what was stamped before it is in, and nothing else.
#[derive(Debug)]
pub struct PipelineCut {
    /// Its time, in milliseconds since the Unix epoch.
    pub unix_milliseconds: i64,
    /// Up to where each source is in.
    pub positions: BTreeMap<SourcePart, u64>,
    /// All tenants that run.
    pub tenants: Vec<TenantCut>,
    /// Cuts before this one that actors were too late for, oldest first. Only what was collected at them counts.
    pub missed: Vec<MissedCut>,
    /// An image that was taken before this cut is lost, so all is to be written.
    pub is_whole: bool,
}

/// A cut that is no epoch, as it came too late.
#[derive(Debug, Default)]
pub struct MissedCut {
    /// Its time, in milliseconds since the Unix epoch.
    pub unix_milliseconds: i64,
    /// What each tenant had.
    pub tenants: Vec<TenantCut>,
}

/// What one tenant has at a cut.
#[derive(Debug)]
pub struct TenantCut {
    /// Whose it is.
    pub id: TenantId,
    /// The endpoints that get what was collected.
    pub endpoints: Vec<String>,
    /// What was collected since the cut before, oldest first.
    pub collected: Vec<Arc<Collected>>,
    /// The state, from which what is due is collected after `collected`.
    pub series: Box<dyn CollectingImage>,
    /// What waits in the matchers, one a shard.
    pub pending: Vec<Box<dyn StateImage>>,
    /// The last minute of its service graph.
    pub graph: GraphHistoryImage,
}
