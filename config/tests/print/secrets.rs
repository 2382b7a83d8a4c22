//! Secrets are in no print.

use spangraph_config::{Config, PrintMode, TenantId};

use super::load_both;

const ALL_MODES: [PrintMode; 3] = [PrintMode::Effective, PrintMode::Diff, PrintMode::Defaults];

/// A configuration with a secret, which begins with `s3cr3t`, in every place that there is; two, as an endpoint
/// has one way of authentication.
fn with_secrets() -> Config {
    load_both(
        "
metrics_generator:
  storage:
    remote_write:
      - url: https://store/write?token=s3cr3t1&s3cr3t2
        headers: {X-Key: s3cr3t3, Cookie: s3cr3t4}
        basic_auth: {username: user, password: s3cr3t5}
      - {url: 'https://store/2', authorization: {credentials: s3cr3t6}}
      - {url: 'https://store/3', bearer_token: s3cr3t7, http_headers: {X-Key: {secrets: [s3cr3tC]}}}
      - {url: 'https://store/4', headers: {Authorization: Bearer s3cr3t8}}
overrides:
  defaults: {metrics_generator: {remote_write_headers: {Authorization: s3cr3t9}}}
spangraph:
  authentication:
    receivers:
      - {bearer_token: s3cr3tC}
      - {basic_auth: {username: user, password: s3cr3tD}}
    pages: [{bearer_token: s3cr3tE}]
",
        "
overrides:
  '*': {metrics_generator: {remote_write_headers: {Authorization: s3cr3tA}}}
  acme: {metrics_generator: {remote_write_headers: {X-Token: s3cr3tB}, remote_write: [{url: 'http://a', bearer_token: s3cr3tD}]}}
",
    )
}

#[test]
fn no_print_shows_a_secret() {
    let config = with_secrets();
    let acme = TenantId::parse("acme").unwrap();
    let mut shown = vec![format!("{config:?}"), format!("{config:#?}")];
    shown.extend(config.tenants().map(|(_, settings)| format!("{settings:?}")));
    for mode in ALL_MODES {
        for printout in [
            config.print(mode),
            config.print_tenants(mode),
            config.print_tenant(&acme, mode),
        ] {
            shown.extend([
                printout.to_string(),
                format!("{printout:?}"),
                serde_json::to_string(&printout).unwrap(),
            ]);
        }
    }
    for text in &shown {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    let main = config.print(PrintMode::Diff).to_string();
    assert_eq!(main.matches("<secret>").count(), 13, "{main}");
    assert!(
        main.contains("https://store/write?token=<secret>&<secret>"),
        "{main}"
    );
}

#[test]
fn a_print_with_hidden_secrets_is_not_taken_for_a_configuration() {
    let printed = "metrics_generator: {storage: {remote_write: [{url: 'http://s', bearer_token: <secret>}]}}";
    let told = Config::from_yaml(printed).unwrap_err().to_string();
    assert!(told.contains("bearer_token: write the secret itself"), "{told}");
    assert!(Config::from_yaml(&with_secrets().print(PrintMode::Effective).to_string()).is_err());
}
