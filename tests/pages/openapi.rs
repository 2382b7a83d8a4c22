//! The JSON API answers as its description says: every path, no field more and none less.

use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Map, Value, json};

use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

/// A service of the demo's shop, for paths that name one.
const SERVICE: &str = "checkout";

#[test]
fn every_answer_is_as_described() {
    let server = ServerConfig::new().argument("demo").start();
    wait_for_edges(&server);
    let description = description(&server);
    let paths = description["paths"].as_object().unwrap();
    assert!(!paths.is_empty(), "nothing is described");
    for (path, methods) in paths {
        let methods: Vec<_> = methods.as_object().unwrap().keys().collect();
        assert_eq!(methods, ["get"], "{path} is only read");
        let answer = get(&server, &with_parameters(path));
        validate(&description, &success_of(&description, path), &answer)
            .unwrap_or_else(|error| panic!("{path}: {error}\n{answer:#}"));
    }
}

#[test]
fn every_parameter_that_names_a_tenant_says_what_an_id_is() {
    let server = ServerConfig::new().start();
    let description = get(&server, "/api/v1/openapi.json");
    let mut found = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for parameter in methods["get"]["parameters"].as_array().into_iter().flatten() {
            if parameter["name"] != "tenant" && path != "/api/v1/tenants/{id}" {
                continue;
            }
            let schema = jsonschema::validator_for(&parameter["schema"]).unwrap();
            for id in ["a", "team-a", "A_z.0!*'()", "...", &"x".repeat(150)] {
                assert!(schema.is_valid(&json!(id)), "{path}: {id}");
            }
            for id in ["", ".", "..", "a/b", "a b", "é", &"x".repeat(151)] {
                assert!(!schema.is_valid(&json!(id)), "{path}: {id}");
            }
            found += 1;
        }
    }
    assert!(found >= 5, "only {found} parameters name a tenant");
}

#[test]
fn a_field_that_is_not_described_is_noticed() {
    let description = json!({ "components": { "schemas": {
        "Report": closed(&json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } })),
    } } });
    let schema = json!({ "$ref": "#/components/schemas/Report" });
    assert!(validate(&description, &schema, &json!({ "a": 1 })).is_ok());
    assert!(validate(&description, &schema, &json!({ "a": 1, "b": 2 })).is_err());
    assert!(validate(&description, &schema, &json!({})).is_err());
}

/// The graph that pages show may be a second older than the series.
fn wait_for_edges(server: &Server) {
    until("the demo's edges are there", Duration::from_secs(20), || {
        let calls = server.generated().sum("traces_service_graph_request_total", &[]);
        check(calls > 20.0, || format!("{calls} calls"))?;
        let path = format!("/api/v1/graph/service/{SERVICE}");
        let status = Client::new().get(server.page(&path)).send().unwrap().status();
        check(status == 200, || format!("{path}: {status}"))
    });
}

/// The description with objects closed: what it does not name must not be there.
fn description(server: &Server) -> Value {
    closed(&get(server, "/api/v1/openapi.json"))
}

fn get(server: &Server, path: &str) -> Value {
    let answer = Client::new().get(server.page(path)).send().unwrap();
    let (status, text) = (answer.status(), answer.text().unwrap());
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

fn with_parameters(path: &str) -> String {
    path.replace("{service}", SERVICE)
        .replace("{tenant}", "single-tenant")
        .replace("{id}", "single-tenant")
}

fn success_of(description: &Value, path: &str) -> Value {
    description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"].clone()
}

fn validate(description: &Value, schema: &Value, answer: &Value) -> Result<(), String> {
    assert!(!schema.is_null(), "no schema of the answer");
    let mut root = schema.as_object().cloned().unwrap();
    root.insert("components".to_owned(), description["components"].clone());
    let validator = jsonschema::draft202012::new(&Value::Object(root)).unwrap();
    validator
        .validate(answer)
        .map_err(|error| format!("{} at {}", error, error.instance_path()))
}

fn closed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(closed).collect(),
        Value::Object(fields) => {
            let mut fields: Map<_, _> = fields
                .iter()
                .map(|(name, value)| (name.clone(), closed(value)))
                .collect();
            let is_object = fields.get("type") == Some(&json!("object")) && fields.contains_key("properties");
            if is_object && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}
