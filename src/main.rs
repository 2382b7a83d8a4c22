//! The spangraph server.

fn main() {}
