//! Writes the tables of docs/configuration.md anew: `cargo run -p spangraph-config --example reference`.

use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    let text = fs::read_to_string(page)?;
    fs::write(page, spangraph_config::with_reference(&text)?)?;
    Ok(())
}
