//! Resolves what is written in the file into effective settings, and finds what no single value can tell is wrong.

pub mod authentication;
mod digit_names;
pub mod durability;
pub mod filter_policies;
pub mod findings;
mod histograms;
mod host_info;
pub mod notices;
pub mod override_file;
pub mod registry;
mod relabel;
pub mod remote_write;
pub mod server;
pub mod service_graphs;
pub mod span_metrics;
pub mod tenant;
pub mod tls;

/// Sets `target` when something is written.
fn set<T, W: Into<T>>(target: &mut T, written: Option<W>) {
    if let Some(value) = written {
        *target = value.into();
    }
}

/// The texts of names that were checked.
fn texts<N: Clone + Into<String>>(names: &[N]) -> Vec<String> {
    names.iter().cloned().map(Into::into).collect()
}
