//! The server round the pipeline: command line, configuration, receivers, and start and stop in order.

pub mod app;
pub mod build_info;
pub mod cli;
pub mod configuration;
pub mod demo;
pub mod error_text;
pub mod healthcheck;
pub mod logging;
pub mod receivers;
pub mod state;
