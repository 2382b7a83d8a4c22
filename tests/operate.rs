//! What an operator meets: pages, the command line, mistakes in the file, and stopping.

mod command_line;
mod examples;
mod full_disk;
mod idle_tenants;
mod overrides;
mod pages;
mod reload;
mod status_pages;
mod stopping;
mod stuck_actors;
