//! Traffic as SDKs send it, driving it into an OTLP receiver, and measuring what that costs and whether it counted.

pub mod cli;
pub mod collect;
pub mod cost;
pub mod drive;
pub mod durability;
pub mod floor;
pub mod goal;
pub mod kill;
pub mod longest_turns;
pub mod memory;
pub mod overload;
pub mod parallel;
pub mod process;
pub mod requests;
pub mod scale;
mod sink;
mod stand;
mod state_folder;
pub mod traffic;

pub mod verify;
