//! The command line: what it prints, what it finds wrong, and how it ends.

use std::process::{Command, Output};

use tempfile::TempDir;

use crate::harness::ServerConfig;
use crate::harness::executable;
use crate::harness::ports::free_port;
use crate::harness::server::{config_file, run_binary};

/// Everything that the binary printed.
fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .concat()
}

/// Runs `validate` on a file with this text.
fn validate(text: &str) -> Output {
    let folder = TempDir::new().unwrap();
    run_binary(&["validate", config_file(folder.path(), text).to_str().unwrap()])
}

#[test]
fn help_and_version_are_printed() {
    let help = run_binary(&["--help"]);
    assert!(help.status.success());
    for word in [
        "--config",
        "validate",
        "demo",
        "healthcheck",
        "completions",
        "Exit status",
    ] {
        assert!(printed(&help).contains(word), "help says nothing of {word}");
    }
    let version = run_binary(&["--version"]);
    let lines = printed(&version);
    let lines: Vec<_> = lines.lines().collect();
    assert!(version.status.success() && lines.len() == 4, "{lines:?}");
    assert_eq!(lines[0], format!("spangraph {}", env!("CARGO_PKG_VERSION")));
    assert!(
        lines[1].starts_with("commit ") && lines[2].starts_with("built 2"),
        "{lines:?}"
    );
    let short = printed(&run_binary(&["-V"]));
    assert_eq!(short.trim_end(), lines[0]);
}

#[test]
fn every_command_has_help_of_its_own() {
    for command in [
        "serve",
        "demo",
        "validate",
        "print-config",
        "healthcheck",
        "completions",
        "migrate-overrides",
    ] {
        let (short, long) = (run_binary(&[command, "-h"]), run_binary(&[command, "--help"]));
        let usage = format!("Usage: spangraph {command}");
        assert!(
            printed(&short).contains(&usage) && printed(&long).contains(&usage),
            "{command}"
        );
        assert!(printed(&long).len() > printed(&short).len(), "{command}");
    }
}

#[test]
fn a_command_line_without_sense_ends_with_2() {
    for arguments in [
        &["no-such-command"][..],
        &["--no-such-flag"],
        &["completions", "no-such-shell"],
        &["healthcheck", "--timeout", "0"],
    ] {
        let output = run_binary(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn shells_get_completions_of_commands_and_flags() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run_binary(&["completions", shell]);
        assert!(output.status.success(), "{}", printed(&output));
        let script = printed(&output);
        for word in ["print-config", "healthcheck", "log-format"] {
            assert!(script.contains(word), "{word} is missing for {shell}");
        }
    }
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("completions.bash");
    std::fs::write(&script, run_binary(&["completions", "bash"]).stdout).unwrap();
    let completed = Command::new("bash")
        .args(["--norc", "-c"])
        .arg("source \"$0\"; COMP_WORDS=(spangraph heal); COMP_CWORD=1; _spangraph spangraph heal spangraph; echo \"${COMPREPLY[*]}\"")
        .arg(&script)
        .output()
        .expect("bash starts");
    assert_eq!(printed(&completed).trim(), "healthcheck");
}

#[test]
fn a_healthcheck_tells_whether_the_server_takes_spans() {
    let mut server = ServerConfig::new().start();
    let folder = TempDir::new().unwrap();
    let with_address = |address: &str| {
        let text = format!(
            "server: {{http_listen_address: '{address}', http_listen_port: {}}}\n\
             overrides: {{per_tenant_override_config: /no/such/file}}\n",
            server.ports.pages
        );
        let file = config_file(folder.path(), &text);
        run_binary(&["healthcheck", "--config", file.to_str().unwrap()])
    };
    for address in ["127.0.0.1", "0.0.0.0", ""] {
        let output = with_address(address);
        assert!(output.status.success(), "{address}: {}", printed(&output));
        assert_eq!(printed(&output), "");
    }
    let url = server.page("/ready");
    assert!(run_binary(&["healthcheck", "--url", &url]).status.success());
    let missing = run_binary(&["healthcheck", "--url", &server.page("/no-such-page")]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(printed(&missing).contains("404"), "{}", printed(&missing));

    server.stop();
    let stopped = run_binary(&["healthcheck", "--url", &url]);
    assert_eq!(stopped.status.code(), Some(1));
    let told = printed(&stopped);
    assert!(told.contains(&url) && told.contains("does not answer"), "{told}");
}

#[test]
fn a_healthcheck_waits_no_longer_than_it_is_told() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ready", silent.local_addr().unwrap());
    let output = run_binary(&["healthcheck", "--timeout", "1", "--url", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output).contains("does not answer"),
        "{}",
        printed(&output)
    );
}

#[test]
fn validate_takes_the_file_of_the_flag_and_asks_for_one() {
    let folder = TempDir::new().unwrap();
    let file = config_file(folder.path(), "server: {}\n");
    let flag = run_binary(&["validate", "--config", file.to_str().unwrap()]);
    assert!(flag.status.success(), "{}", printed(&flag));
    let none = run_binary(&["validate"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(printed(&none).contains("name the file"), "{}", printed(&none));
}

#[test]
fn the_build_is_told_in_the_same_words_everywhere() {
    let server = ServerConfig::new().start();
    let version = printed(&run_binary(&["--version"]));
    assert_eq!(server.text("/status/version", "*/*"), version);
    let commit = version.lines().nth(1).unwrap().trim_start_matches("commit ");
    let date = version.lines().nth(2).unwrap().trim_start_matches("built ");
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("revision", commit),
        ("build_date", date),
    ];
    assert_eq!(server.own_metrics().sum("spangraph_build_info", &labels), 1.0);
}

#[test]
fn a_good_file_is_valid() {
    let output = validate("metrics_generator: {registry: {collection_interval: 5s}}\n");
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn validate_prints_every_mistake_and_ends_with_1() {
    let output = validate(concat!(
        "metrics_generator:\n",
        "  storage:\n",
        "    remote_write:\n",
        "      - url: not-a-url\n",
        "  processor:\n",
        "    service_graphs:\n",
        "      filter_policies:\n",
        "        - exclude: {match_type: regex, attributes: [{key: name, value: \"(\"}]}\n",
        "overrides:\n",
        "  defaults:\n",
        "    metrics_generator:\n",
        "      processors: [service-grafs]\n",
    ));
    assert_eq!(output.status.code(), Some(1));
    let text = printed(&output);
    for mistake in ["remote_write[0].url", "filter_policies[0]", "service-grafs"] {
        assert!(text.contains(mistake), "{mistake} is not named in: {text}");
    }
}

#[test]
fn a_printed_configuration_loads_back() {
    let folder = TempDir::new().unwrap();
    let written = "{overrides: {defaults: {metrics_generator: {processors: [host-info]}}}}";
    let print = |flags: &[&str], text: &str| {
        let file = config_file(folder.path(), text);
        let output = run_binary(&[flags, &["--config", file.to_str().unwrap()]].concat());
        assert!(output.status.success(), "{}", printed(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let (effective, diff) = (["print-config"], ["print-config", "--diff"]);
    let all = print(&effective, written);
    let differing = print(&diff, written);
    assert!(
        all.contains("wait: 10s") && !differing.contains("wait"),
        "{differing}"
    );
    assert!(differing.contains("processors: [host-info]"), "{differing}");
    for text in [&all, &differing] {
        assert_eq!(print(&effective, text), all);
        assert_eq!(print(&diff, text), differing);
    }
    let defaults = print(&["print-config", "--defaults"], written);
    assert_eq!(defaults, print(&effective, &defaults));
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let output = validate("server:\n  http_listen_port: 3200\nmetrics_generator:\n  regstry: {}\n");
    assert_eq!(output.status.code(), Some(1));
    let text = printed(&output);
    assert!(text.contains("regstry") && text.contains('4'), "{text}");
}

#[test]
fn a_bad_file_keeps_the_server_from_starting() {
    let folder = TempDir::new().unwrap();
    let file = config_file(
        folder.path(),
        "metrics_generator: {registry: {collection_interval: soon}}\n",
    );
    let output = run_binary(&["--config", file.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(
        printed(&output).contains("collection_interval"),
        "{}",
        printed(&output)
    );
}

#[test]
fn a_missing_file_is_named() {
    let output = run_binary(&["--config", "/no/such/file.yaml"]);
    assert!(!output.status.success());
    assert!(
        printed(&output).contains("/no/such/file.yaml"),
        "{}",
        printed(&output)
    );
}

#[test]
fn a_port_in_use_is_named() {
    let first = ServerConfig::new().start();
    let listeners = [
        format!("grpc: {{endpoint: \"127.0.0.1:{}\"}}", first.ports.grpc),
        format!("http: {{endpoint: \"127.0.0.1:{}\"}}", first.ports.http),
    ];
    for (listener, port) in listeners.iter().zip([first.ports.grpc, first.ports.http]) {
        let text = format!(
            "server: {{http_listen_address: 127.0.0.1, http_listen_port: {}}}\n\
             distributor: {{receivers: {{otlp: {{protocols: {{{listener}}}}}}}}}\n",
            free_port()
        );
        check_refuses_port(&text, port);
    }
    let pages = format!(
        "server: {{http_listen_address: 127.0.0.1, http_listen_port: {}}}\n\
         distributor: {{receivers: {{otlp: {{protocols: {{grpc: {{endpoint: \"127.0.0.1:{}\"}}}}}}}}}}\n",
        first.ports.pages,
        free_port()
    );
    check_refuses_port(&pages, first.ports.pages);
}

/// The server ends by itself and says which port it could not have.
fn check_refuses_port(text: &str, port: u16) {
    let folder = TempDir::new().unwrap();
    let file = config_file(folder.path(), text);
    let output = run_binary(&["--config", file.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(
        printed(&output).contains(&format!("127.0.0.1:{port}")),
        "{}",
        printed(&output)
    );
}

#[test]
fn tempos_own_flag_names_the_file() {
    let folder = TempDir::new().unwrap();
    let file = config_file(folder.path(), "no_such_section: {}\n");
    let output = executable::command()
        .arg(format!("-config.file={}", file.display()))
        .output()
        .expect("binary starts");
    assert!(!output.status.success(), "the file was not read");
    assert!(
        printed(&output).contains("no_such_section"),
        "{}",
        printed(&output)
    );
}

#[test]
fn the_command_line_and_the_variables_of_tempo_work() {
    let folder = TempDir::new().unwrap();
    let file = config_file(
        folder.path(),
        "metrics_generator: {registry: {external_labels: {a: '${SPANGRAPH_TEST}'}}}\n",
    );
    let verify = |flags: &[&str], value: Option<&str>| {
        let mut command = executable::command();
        let flag = format!("-config.file={}", file.display());
        command
            .arg(flag)
            .arg("-config.verify")
            .args(flags)
            .env_remove("SPANGRAPH_TEST");
        if let Some(value) = value {
            command.env("SPANGRAPH_TEST", value);
        }
        let output = command.output().unwrap();
        (output.status.success(), printed(&output))
    };
    for flags in [&[][..], &["-config.expand-env"], &["-config.expand-env=true"]] {
        let (succeeds, text) = verify(flags, Some("x"));
        assert!(succeeds && text.contains("is valid"), "{flags:?}: {text}");
        let (succeeds, text) = verify(flags, None);
        let told = "line 1, column 53: metrics_generator.registry.external_labels.a: the environment variable \
                    SPANGRAPH_TEST is not set";
        assert!(!succeeds && text.contains(told), "{flags:?}: {text}");
    }
    let (succeeds, text) = verify(&["-config.expand-env=false"], None);
    assert!(succeeds, "{text}");
}
