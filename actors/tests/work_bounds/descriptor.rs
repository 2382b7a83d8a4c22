//! Every field of an export request with the way to it, as OTLP's own `.proto` files have them: a new one is never forgotten.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};
use serde_json::Value;

const SERVICE: &str = "opentelemetry/proto/collector/trace/v1/trace_service.proto";
const REQUEST: &str = ".opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest";

/// A field of a message.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub json_name: String,
    pub number: u64,
    pub kind: Type,
    pub is_repeated: bool,
    /// The name of the message that its value is, without its package; empty when it is none.
    pub message: String,
}

/// The fields from the request down to one, that one the last.
#[derive(Clone, Debug)]
pub struct FieldPath(pub Vec<Field>);

impl FieldPath {
    pub fn last(&self) -> &Field {
        self.0.last().unwrap()
    }

    /// Whether a field called `name` is on the way or the end of it.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|field| field.name == name)
    }

    /// The fields that lead from a message down to the same message, when the last one does.
    pub fn cycle(&self) -> Option<&[Field]> {
        let (last, above) = self.0.split_last()?;
        let start = above.iter().position(|field| is_same_message(field, last))?;
        self.0.get(start + 1..)
    }
}

impl std::fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|field| field.name.as_str()).collect();
        formatter.write_str(&names.join("."))
    }
}

/// The way to each field. A message that contains itself is entered once.
pub fn field_paths() -> Vec<FieldPath> {
    let files = protox::compile([SERVICE], [proto_folder()]).expect("OTLP's files are well-formed");
    let mut messages = BTreeMap::new();
    for file in &files.file {
        let package = format!(".{}", file.package());
        file.message_type
            .iter()
            .for_each(|message| add(&package, message, &mut messages));
    }
    let mut paths = Vec::new();
    walk(&messages, REQUEST, &mut Vec::new(), &mut paths);
    paths
}

/// Where the crate of OTLP's messages has the files that it was generated from.
fn proto_folder() -> PathBuf {
    // Other platforms need packages that may not be here.
    let platform = format!("--filter-platform={}", host());
    let metadata = cargo(&["metadata", "--format-version=1", "--locked", &platform]);
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let mut packages = metadata["packages"]
        .as_array()
        .expect("packages are a list")
        .iter();
    let package = packages.find(|package| package["name"] == "opentelemetry-proto");
    let manifest = package.expect("we depend on it")["manifest_path"]
        .as_str()
        .expect("a path");
    Path::new(manifest).with_file_name("src/proto/opentelemetry-proto")
}

/// The platform that cargo builds for.
fn host() -> String {
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo tells its platform").to_owned()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

fn add(scope: &str, message: &DescriptorProto, messages: &mut BTreeMap<String, DescriptorProto>) {
    let name = format!("{scope}.{}", message.name());
    message
        .nested_type
        .iter()
        .for_each(|nested| add(&name, nested, messages));
    messages.insert(name, message.clone());
}

fn walk(
    messages: &BTreeMap<String, DescriptorProto>,
    message: &str,
    above: &mut Vec<Field>,
    paths: &mut Vec<FieldPath>,
) {
    for descriptor in &messages[message].field {
        let field = Field::of(descriptor);
        let is_entered = above.iter().any(|entered| is_same_message(entered, &field));
        let is_message = !field.message.is_empty();
        above.push(field);
        paths.push(FieldPath(above.clone()));
        if is_message && !is_entered {
            walk(messages, descriptor.type_name(), above, paths);
        }
        above.pop();
    }
}

fn is_same_message(one: &Field, other: &Field) -> bool {
    !one.message.is_empty() && one.message == other.message
}

impl Field {
    fn of(descriptor: &FieldDescriptorProto) -> Self {
        let message = match descriptor.r#type() {
            Type::Message => descriptor.type_name().rsplit('.').next().unwrap_or_default(),
            _ => "",
        };
        Self {
            name: descriptor.name().to_owned(),
            json_name: descriptor.json_name().to_owned(),
            number: descriptor.number().unsigned_abs().into(),
            kind: descriptor.r#type(),
            is_repeated: descriptor.label() == Label::Repeated,
            message: message.to_owned(),
        }
    }
}
