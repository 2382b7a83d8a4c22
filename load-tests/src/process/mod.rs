//! Receivers as processes of their own: starting and ending them, and what they have used.

mod child;
mod own_metrics;
mod server;
mod usage;

pub use child::{Child, LISTENING, spawn_floor};
pub(crate) use server::lay_over;
pub use server::{Server, ServerOptions};
pub use usage::Usage;
