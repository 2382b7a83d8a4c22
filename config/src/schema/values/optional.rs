//! Values that users leave out by writing the empty text or a zero, as Go's zero values are.

use std::time::Duration;

use serde::Serialize;
use serde::de::value::StringDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IntoDeserializer};

use super::go_duration;

/// A text value; `""` means none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnlessEmpty<T>(pub Option<T>);

/// A duration; `0s` means that the key is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnlessZero<T>(pub Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for UnlessEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            Ok(Self(None))
        } else {
            read(text).map(|value| Self(Some(value)))
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for UnlessZero<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let zero = go_duration::parse(&text) == Ok(Duration::ZERO);
        if zero {
            Ok(Self(None))
        } else {
            read(text).map(|value| Self(Some(value)))
        }
    }
}

fn read<T: DeserializeOwned, E: serde::de::Error>(text: String) -> Result<T, E> {
    let deserializer: StringDeserializer<E> = text.into_deserializer();
    T::deserialize(deserializer)
}
