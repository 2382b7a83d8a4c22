//! Generates the remote-write messages from their `.proto` file; no `protoc` is needed.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto/remote_write.proto");
    let descriptors = protox::compile(["remote_write.proto"], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
