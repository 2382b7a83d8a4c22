//! The folder of the state: whose it is, and what is said when it cannot be used.

use std::path::{Path, PathBuf};

use super::{PATIENCE, durable, kill, settings, wait_for_calls, wait_for_epoch};
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::server::{config_file, run_binary};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, ServerConfig, until};

/// The newest file of the state whose name begins so.
fn newest(folder: &Path, beginning: &str) -> PathBuf {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let ours = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(beginning));
    ours.max().expect("there is such a file")
}

#[test]
fn a_second_server_is_kept_out_of_the_folder() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let _server = durable(folder.path(), &remote).start();
    let refused = durable(folder.path(), &remote)
        .try_start()
        .err()
        .expect("it does not start");
    let expected = "is in use by another server";
    assert!(
        refused.contains(expected) && refused.contains("spangraph.durability.path"),
        "{refused}"
    );
}

#[test]
fn damaged_state_is_told_exactly_and_never_passed_over() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_epoch(&server);
    kill(&mut server);
    let segment = newest(folder.path(), "segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    // What nothing refers to any more is not looked at, so more than one place is damaged.
    bytes
        .iter_mut()
        .skip(200)
        .step_by(50)
        .for_each(|byte| *byte ^= 0x10);
    std::fs::write(&segment, bytes).unwrap();
    let refused = durable(folder.path(), &remote)
        .try_start()
        .err()
        .expect("it does not start");
    let name = segment.file_name().unwrap().to_string_lossy().into_owned();
    assert!(refused.contains(&name) && refused.contains("offset"), "{refused}");
    let path = folder.path().to_str().unwrap();
    let checked = run_binary(&["state", "check", "--path", path]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stdout).contains(&name));
    let reset = run_binary(&["state", "reset", "--path", path]);
    assert!(reset.status.success());
    drop(durable(folder.path(), &remote).start());
}

#[test]
fn files_that_are_removed_beneath_a_running_server_are_told_of_and_written_anew() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_calls(&remote, 1.0);
    for beginning in ["segment", "manifest"] {
        std::fs::remove_file(newest(folder.path(), beginning)).unwrap();
    }
    until("an epoch fails", PATIENCE, || {
        let failed = server.own_metrics().sum("spangraph_epochs_failed_total", &[]);
        check(failed > 0.0, || format!("{failed}"))
    });
    wait_for_epoch(&server);
    let log = server.process.log();
    assert!(
        log.contains("was removed or cut short while this server runs"),
        "{log}"
    );
    kill(&mut server);
    let server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(2));
    wait_for_calls(&remote, 2.0);
}

#[test]
fn the_command_tells_what_a_stopped_server_left() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    let path = folder.path().to_str().unwrap();
    let busy = run_binary(&["state", "info", "--path", path]);
    assert_eq!(busy.status.code(), Some(1));
    server.stop();
    let text = settings(folder.path()).to_string();
    let file = config_file(server.config_file().parent().unwrap(), &text);
    let told = run_binary(&["state", "info", "--config", file.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("epoch: ") && told.contains("blocks of "), "{told}");
}

#[test]
fn a_folder_that_cannot_be_made_is_told_with_its_key() {
    let remote = RemoteWriteReceiver::start();
    let refused = durable(Path::new("/proc/nowhere"), &remote).try_start();
    let refused = refused.err().expect("it does not start");
    assert!(
        refused.contains("spangraph.durability.path") && refused.contains("/proc/nowhere"),
        "{refused}"
    );
}

#[test]
fn without_the_setting_nothing_is_written() {
    let server = ServerConfig::new().start();
    assert_eq!(server.own_metrics().sum("spangraph_epochs_total", &[]), 0.0);
}
