//! What the server shows of itself over HTTP: pages for people, JSON and plain text for programs.

#![warn(clippy::indexing_slicing)]

pub mod actors;
mod assets;
mod authentication;
pub mod cardinality;
pub mod chart;
pub mod configuration;
mod content;
pub mod frame;
mod generated;
mod graph;
mod health;
pub mod held_texts;
pub mod hosts;
pub mod latest;
pub mod links;
pub mod loading;
mod not_found;
pub mod numbers;
mod openapi;
pub mod outputs;
pub mod overview;
mod own_metrics;
pub mod pairing;
pub mod problem;
mod readiness;
mod reload;
mod resource;
pub mod sampling;
pub mod scrapes;
mod server;
pub mod severity;
mod starting;
pub mod status_text;
pub mod tenant_choice;
pub mod tenants;

pub use content::{PagesContent, Reports};
pub use readiness::Readiness;
pub use resource::resource;
pub use server::{PagesAccess, StartError, bind, listen};
pub use starting::StartingPages;

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
