//! Why a part of a document cannot be read, and the way to that part.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::path::{Path, Step};
use crate::likeness::nearest;

/// Why a part of a document cannot be read.
#[derive(Debug)]
pub struct Fault {
    /// The steps to the part, noted from the bottom up while the error travels up.
    steps: Vec<Step>,
    /// The key itself is wrong, not its value.
    pub at_key: bool,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a part.
#[derive(Debug)]
pub enum Reason {
    /// A mapping has a key that is not among the known ones.
    UnknownKey(&'static [&'static str]),
    /// A text is not among the known ones.
    UnknownValue(String, &'static [&'static str]),
    /// A value is needed and nothing is written; in a mapping that counts as a key left out.
    Nothing,
    /// Anything else, in words.
    Other(String),
}

impl Fault {
    /// A fault for a reason in words.
    pub fn other(message: impl fmt::Display) -> Self {
        Reason::Other(message.to_string()).into()
    }

    /// The same fault, one step further from the top.
    #[must_use]
    pub fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The way to the part.
    pub fn path(&self) -> Path {
        Path::from_bottom_up(self.steps.clone())
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self {
            steps: Vec::new(),
            at_key: false,
            reason,
        }
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::UnknownKey(_) => formatter.write_str("unknown key"),
            Reason::UnknownValue(value, known) => match nearest(value, known.iter().copied()) {
                Some(near) => write!(formatter, "unknown value {value:?}, did you mean {near}"),
                None => write!(
                    formatter,
                    "unknown value {value:?}, known here: {}",
                    known.join(", ")
                ),
            },
            Reason::Nothing => formatter.write_str("a value is missing"),
            Reason::Other(message) => formatter.write_str(message),
        }
    }
}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::other(message)
    }

    // Texts are never shown here: what stands in the wrong place may be a secret.
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match unexpected {
            Unexpected::Unit | Unexpected::Option => Reason::Nothing.into(),
            _ => Self::other(format_args!(
                "expected {}, found {}",
                wanted(expected),
                found(&unexpected)
            )),
        }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = wanted(expected);
        match unexpected {
            Unexpected::Signed(number) => Self::other(format_args!("expected {expected}, found {number}")),
            Unexpected::Unsigned(number) => Self::other(format_args!("expected {expected}, found {number}")),
            _ => Self::other(format_args!("expected {expected}, found {}", found(&unexpected))),
        }
    }

    fn unknown_field(_field: &str, known: &'static [&'static str]) -> Self {
        Reason::UnknownKey(known).into()
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Reason::UnknownValue(variant.to_owned(), known).into()
    }
}

/// What a person would call the thing that was found.
pub fn found(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a mapping",
        Unexpected::Unit => "nothing",
        _ => "text",
    }
}

/// What a person would call the type that serde names.
fn wanted(expected: &dyn Expected) -> String {
    let name = expected.to_string();
    let words = match name.as_str() {
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number of 0 or more",
        "a nonzero u32" | "a nonzero usize" => "a whole number of 1 or more",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "path string" => "text",
        "a sequence" => "a list",
        "a map" => "a mapping",
        _ => return name,
    };
    words.to_owned()
}
