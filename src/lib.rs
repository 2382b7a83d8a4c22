//! The server round the pipeline: command line, configuration, receivers, pages, and start and stop in order.

#![warn(clippy::indexing_slicing)]

pub mod app;
pub mod authentication;
pub mod build_info;
pub mod cli;
pub mod configuration;
pub mod demo;
pub mod healthcheck;
pub mod http_server;
pub mod listener;
pub mod listening;
pub mod logging;
pub mod pages;
pub mod protocols;
pub mod receivers;
pub mod tls;
