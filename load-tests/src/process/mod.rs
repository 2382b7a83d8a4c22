//! Receivers as processes of their own: starting and ending them, and what they have used.

mod affinity;
mod child;
mod own_metrics;
mod server;
mod throttle;
mod usage;

pub use affinity::{allowed_cores, on_cores, pin_process};
pub use child::{Child, LISTENING, spawn_floor};
pub use server::{Server, ServerOptions, lay_over};
pub use throttle::Throttle;
pub use usage::Usage;
