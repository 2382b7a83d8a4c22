//! The spangraph server.

mod demo;

fn main() {}
