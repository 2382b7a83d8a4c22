//! The example files load, and `full.yaml` says the truth about the defaults.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests share fails by panicking"
)]

use std::path::Path;

use spangraph_config::{Config, Limiter, QueueSettings, TenantId};

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn load(text: &str) -> Config {
    Config::from_yaml(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// `full.yaml` with its commented endpoint switched on.
fn full_with_endpoint() -> String {
    example("full.yaml")
        .replace("    remote_write: []\n", "    remote_write:\n")
        .replace("    #:", "     ")
}

/// The configuration of `name`; an override file stands over the example that it belongs to.
fn example_config(name: &str) -> Config {
    match name.strip_suffix("-overrides.yaml") {
        None => load(&example(name)),
        Some(main) => load(&example(&format!("{main}.yaml")))
            .with_overrides(&example(name))
            .unwrap_or_else(|mistakes| panic!("{mistakes}")),
    }
}

#[test]
fn tenants_of_the_example_inherit_key_by_key() {
    let config = example_config("multi-tenant-overrides.yaml");
    let of = |tenant: &str| config.tenant(&TenantId::parse(tenant).unwrap());
    let (shop, batch, other) = (of("shop"), of("batch-jobs"), of("other"));
    assert_eq!(shop.ingestion.rate_limit_bytes, 60_000_000);
    assert_eq!(batch.ingestion.rate_limit_bytes, 15_000_000);
    assert_eq!(other.ingestion.rate_limit_bytes, 1_000_000);
    assert!(shop.processors.span_metrics_count && !batch.processors.span_metrics_count);
    assert_eq!(other.registry.limiter, Limiter::Series(10_000));
    assert_eq!(of("newcomer").registry.limiter, Limiter::Series(100_000));
    let file = config.override_file().unwrap();
    assert_eq!(file, Path::new("multi-tenant-overrides.yaml"));
}

#[test]
fn every_example_loads_without_notices() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".yaml") {
            assert!(example_config(&name).notices().is_empty(), "{name}");
            names.push(name);
        }
    }
    names.sort();
    let expected = [
        "full.yaml",
        "minimal.yaml",
        "multi-tenant-overrides.yaml",
        "multi-tenant.yaml",
        "remote-write.yaml",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_minimal_and_the_full_example_resolve_to_the_defaults() {
    let default = Config::default();
    for name in ["minimal.yaml", "full.yaml"] {
        let config = load(&example(name));
        assert_eq!(config.server(), default.server(), "{name}");
        assert_eq!(
            config.tenant(&TenantId::single()),
            default.tenant(&TenantId::single()),
            "{name}"
        );
    }
}

#[test]
fn the_endpoint_of_the_full_example_has_the_defaults() {
    let alone =
        load("metrics_generator: {storage: {remote_write: [{url: 'http://127.0.0.1:9090/api/v1/write'}]}}");
    let written = load(&full_with_endpoint());
    assert!(written.notices().is_empty());
    let endpoints = written.tenant(&TenantId::single()).remote_write;
    assert_eq!(endpoints, alone.tenant(&TenantId::single()).remote_write);
    assert_eq!(endpoints[0].queue, QueueSettings::default());
    assert_eq!(endpoints[0].name, "127.0.0.1:9090");
}

#[test]
fn the_remote_write_example_writes_to_a_local_prometheus() {
    let tenant = load(&example("remote-write.yaml")).tenant(&TenantId::single());
    assert_eq!(tenant.remote_write.len(), 1);
    assert_eq!(
        tenant.remote_write[0].url.expose(),
        "http://127.0.0.1:9090/api/v1/write"
    );
    assert!(tenant.processors.any_service_graphs());
}

/// A key that no block knows makes each block tell the keys that it knows.
#[test]
fn the_full_example_has_every_key_of_the_schema() {
    let full = full_with_endpoint();
    for (number, line) in full.lines().enumerate() {
        let is_block = line.trim_end().ends_with(':') && !line.trim_start().starts_with('#');
        let next = full
            .lines()
            .skip(number + 1)
            .find(|line| !line.trim_start().starts_with('#'));
        let indent = next.map_or(0, |next| next.len() - next.trim_start().len());
        if !is_block
            || indent <= line.len() - line.trim_start().len()
            || next.is_some_and(|n| n.contains("- "))
        {
            continue;
        }
        let mut lines: Vec<&str> = full.lines().collect();
        let probe = format!("{}zzzzzzzzzz: 1", " ".repeat(indent));
        lines.insert(number + 1, &probe);
        let told = Config::from_yaml(&lines.join("\n")).unwrap_err().to_string();
        let known = told
            .split("known here: ")
            .nth(1)
            .unwrap_or_else(|| panic!("{told}"));
        for key in known.split(", ") {
            let written = lines[number + 1..]
                .iter()
                .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() >= indent);
            let start = format!("{}{key}:", " ".repeat(indent));
            assert!(
                written.into_iter().any(|line| line.starts_with(&start)),
                "{key} is missing below line {}",
                number + 1
            );
        }
    }
}

#[test]
fn the_reference_names_every_key_of_the_full_example() {
    let reference = example("../docs/configuration.md");
    for line in full_with_endpoint()
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        let Some((key, _)) = line.trim_start().trim_start_matches("- ").split_once(':') else {
            continue;
        };
        let is_named = reference.match_indices(key).any(|(start, _)| {
            let before = reference[..start].chars().next_back();
            let after = reference[start + key.len()..].chars().next();
            matches!(before, Some('`' | '.' | ' ')) && matches!(after, Some('`' | '.' | ':'))
        });
        assert!(is_named, "{key}");
    }
}
