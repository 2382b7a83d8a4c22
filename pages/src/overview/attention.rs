//! Something that needs attention, with its remedy.

use serde::Serialize;
use utoipa::ToSchema;

use crate::severity::Severity;

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attention {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter.
    pub title: String,
    /// The numbers behind it.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// The page that shows more.
    pub page: String,
}
