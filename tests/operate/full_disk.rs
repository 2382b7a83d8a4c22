//! Standard output and error that take nothing: a full disk, or a reader that has gone.

use std::fs::File;
use std::time::Duration;

use serde_json::json;

use crate::harness::executable;
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::receiver::RemoteWriteReceiver;
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{ServerConfig, until};

#[test]
fn lines_that_cannot_be_written_cost_nothing_else() {
    let remote = RemoteWriteReceiver::start();
    // Every line, of which there are some at the start and for each tenant.
    let mut server = ServerConfig::new()
        .remote_write(&remote.url())
        .with(&json!({ "server": { "log_level": "debug" } }))
        .unheard()
        .start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    until("the edge is written", Duration::from_secs(20), || {
        check(!remote.requests().is_empty(), || "nothing came".to_owned())
    });
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error_in_a_sentence() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    for command in [&["print-config"][..], &["completions", "bash"]] {
        let full = full.try_clone().unwrap();
        let output = executable::command().args(command).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "spangraph: cannot write to standard output: No space left on device (os error 28)\n"
        );
    }
}

#[test]
fn a_reader_that_has_gone_has_what_it_wanted() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = executable::command()
        .arg("print-config")
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
