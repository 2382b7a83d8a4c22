//! Kills a server again and again under load: what its store has seen stays true, and what it counted is known exactly.

mod counts;
mod ledger;
mod life;
mod load;
mod measure;
mod options;
mod report;
mod settling;
mod traffic;

pub use ledger::StoreFaults;
pub use measure::kill;
pub use options::KillOptions;
pub use report::{KillReport, Losses};
