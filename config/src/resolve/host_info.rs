//! Host info: the global block first, then the override.

use super::{set, texts};
use crate::HostInfoSettings;
use crate::schema::host_info::HostInfo;
use crate::schema::values::UnlessEmpty;

/// Puts what is written over `settings`.
pub fn apply(written: &HostInfo, settings: &mut HostInfoSettings) {
    set(
        &mut settings.host_identifiers,
        written.host_identifiers.as_deref().map(texts),
    );
    if let Some(UnlessEmpty(Some(name))) = &written.metric_name {
        settings.metric_name = name.clone().into();
    }
}
