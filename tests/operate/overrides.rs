//! Older, flat overrides and override files on the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::harness::server::run_binary;

const FLAT: &str = "\
overrides:
  # As tempo-operator writes them.
  metrics_generator_processors: [service-graphs, span-metrics]
  metrics_generator_collection_interval: 60s
  max_traces_per_user: 10000
";

const ENTRIES: &str = "\
overrides:
  acme:
    metrics_generator_max_active_series: 5 # few
";

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn run(command: &[&str], file: &Path) -> Output {
    run_binary(&[command, &[file.to_str().unwrap()]].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn flat_overrides_are_valid_and_their_new_places_are_told() {
    let folder = TempDir::new().unwrap();
    let output = run(&["validate"], &file(&folder, "main.yaml", FLAT));
    assert!(output.status.success(), "{output:?}");
    let told = text(&output.stdout);
    let place = "overrides.metrics_generator_processors is overrides.defaults.metrics_generator.processors";
    assert!(
        told.contains("spangraph migrate-overrides") && told.contains(place),
        "{told}"
    );
    let printed = run(
        &["print-config", "--diff", "--config"],
        &folder.path().join("main.yaml"),
    );
    assert!(
        text(&printed.stdout).contains("      collection_interval: 1m"),
        "{printed:?}"
    );
}

#[test]
fn migrated_files_are_printed_with_their_comments_and_are_valid_without_advice() {
    let folder = TempDir::new().unwrap();
    for (name, old, expected) in [
        (
            "main.yaml",
            FLAT,
            "      # As tempo-operator writes them.\n      processors: [service-graphs",
        ),
        (
            "entries.yaml",
            ENTRIES,
            "    metrics_generator:\n      max_active_series: 5 # few\n",
        ),
    ] {
        let old = file(&folder, name, old);
        let output = run(&["migrate-overrides"], &old);
        assert!(output.status.success(), "{output:?}");
        assert!(
            text(&output.stdout).contains(expected),
            "{}",
            text(&output.stdout)
        );
        assert!(
            text(&output.stderr).contains("stand in their places of now"),
            "{output:?}"
        );
        let new = file(&folder, "new.yaml", text(&output.stdout));
        let valid = run(&["validate"], &new);
        assert!(valid.status.success(), "{valid:?}");
        assert!(!text(&valid.stdout).contains("migrate-overrides"), "{valid:?}");

        let in_place = run(&["migrate-overrides", "--in-place"], &old);
        assert!(
            in_place.status.success() && in_place.stdout.is_empty(),
            "{in_place:?}"
        );
        assert_eq!(fs::read(&old).unwrap(), output.stdout);
    }
}

#[test]
fn what_a_migration_cannot_keep_is_told() {
    let folder = TempDir::new().unwrap();
    let flow = file(
        &folder,
        "flow.yaml",
        "# kept\n{overrides: {max_traces_per_user: 5}} # why\n",
    );
    let output = run(&["migrate-overrides"], &flow);
    let told = "comments gone, as what they stood in was written anew, by their lines before: 1, 2\n";
    assert!(
        output.status.success() && text(&output.stderr).ends_with(told),
        "{output:?}"
    );
    let both = "overrides:\n  max_traces_per_user: 1\n  defaults: {ingestion: {max_traces_per_user: 2}}\n";
    let output = run(
        &["migrate-overrides", "--in-place"],
        &file(&folder, "both.yaml", both),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("line 2, column 3: overrides.max_traces_per_user"));
    assert_eq!(fs::read_to_string(folder.path().join("both.yaml")).unwrap(), both);
}

#[test]
fn an_override_file_is_validated_alone_and_over_a_main_file() {
    let folder = TempDir::new().unwrap();
    let entries = file(&folder, "entries.yaml", ENTRIES);
    let alone = run(&["validate"], &entries);
    assert!(alone.status.success(), "{alone:?}");
    assert!(text(&alone.stdout).contains("entries.yaml is valid as an override file"));

    let wrong = file(
        &folder,
        "wrong.yaml",
        "overrides:\n  acme:\n    metrics_generator: {max_active: 5}\n",
    );
    let told = "line 3, column 25: overrides.acme.metrics_generator.max_active: unknown key";
    let main = file(
        &folder,
        "main.yaml",
        "overrides: {per_tenant_override_config: /no/such/file}\n",
    );
    for command in [
        &["validate"][..],
        &["validate", "--overrides"],
        &["validate", main.to_str().unwrap(), "--overrides"],
    ] {
        let output = run(command, &wrong);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains(told), "{output:?}");
    }
    assert!(
        run(&["validate", main.to_str().unwrap(), "--overrides"], &entries)
            .status
            .success()
    );
}

#[test]
fn an_override_file_beside_the_main_file_is_found_from_any_folder() {
    let folder = TempDir::new().unwrap();
    let main = file(
        &folder,
        "main.yaml",
        "overrides: {per_tenant_override_config: entries.yaml}\n",
    );
    let absent = run(&["validate"], &main);
    let tried = folder.path().join("entries.yaml");
    let told = format!(
        "entries.yaml is not in the working directory, and cannot read {}",
        tried.display()
    );
    assert!(text(&absent.stderr).contains(&told), "{absent:?}");
    file(&folder, "entries.yaml", ENTRIES);
    let printed = run(&["print-config", "--diff", "--config"], &main);
    assert!(
        text(&printed.stdout).contains("max_active_series: 5"),
        "{printed:?}"
    );
}
