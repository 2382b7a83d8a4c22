//! The checks: what each looks for, from where on it counts, and what to do.

mod durations;
mod load;
mod outputs;
mod pairing;
mod server;
mod tenants;
mod thresholds;

pub use durations::impossible_durations;
pub use load::{actors, gate, refused};
pub use outputs::{endpoints, nobody_takes, samples_dropped};
pub use pairing::{outside_slack, pairing, pending};
pub use server::{loading, obstacle, open_listeners, requests_not_logged, state_not_kept, unclaimed_samples};
pub use tenants::{limits, rate_limited, strangers_limited, too_many_tenants};
