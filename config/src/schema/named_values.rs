//! What the reference calls the values that are checked where they are read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::filter_policies::{Key, Scalar};
use super::relabel::Action;
use super::remote_write::Bearer;
use super::tls::{ClientAuthType, TlsVersion};
use super::values::{
    AttributeName, Bucket, BucketFactor, Dimension, GoDuration, HeaderName, HeaderText, HeaderValue,
    LabelName, MetricName, Pattern, UnlessEmpty, UnlessZero,
};
use crate::{ListenEndpoint, ListenHost, RemoteUrl, Secret};

macro_rules! values {
    ($($value:ty => $schema:tt;)*) => {$(
        impl JsonSchema for $value {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($value).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

values! {
    Action => {"enum": [
        "replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep", "lowercase",
        "uppercase"
    ]};
    AttributeName => {"type": "string", "format": "attribute"};
    Bearer => {"enum": ["Bearer"]};
    Bucket => {"type": "number"};
    BucketFactor => {"type": "number"};
    ClientAuthType => {"enum": ["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]};
    Dimension => {"type": "string", "format": "attribute"};
    HeaderName => {"type": "string", "format": "header"};
    HeaderText => {"type": "string"};
    HeaderValue => {"type": "string", "format": "secret"};
    Key => {"type": "string"};
    LabelName => {"type": "string", "format": "label"};
    ListenEndpoint => {"type": "string", "format": "host:port"};
    ListenHost => {"type": "string", "format": "host"};
    MetricName => {"type": "string", "format": "metric"};
    Pattern => {"type": "string", "format": "expression"};
    RemoteUrl => {"type": "string", "format": "URL"};
    Scalar => {"type": "string", "format": "text, number or boolean"};
    Secret => {"type": "string", "format": "secret"};
    TlsVersion => {"enum": ["1.2", "1.3", "VersionTLS12", "VersionTLS13"]};
}

impl<const LEAST: u64> JsonSchema for GoDuration<LEAST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "GoDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "duration"})
    }
}

macro_rules! as_what_it_holds {
    ($($wrapper:ident)*) => {$(
        impl<T: JsonSchema> JsonSchema for $wrapper<T> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )*};
}

as_what_it_holds! { UnlessEmpty UnlessZero }
