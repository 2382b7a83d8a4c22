//! What an operator meets: pages, the command line, mistakes in the file, and stopping.

mod command_line;
mod examples;
mod pages;
mod status_pages;
mod stopping;
