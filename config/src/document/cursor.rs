//! The place at which a document is read, and what the node there can be taken as.

use serde::de::Unexpected;

use super::fault::{self, Fault, Reason};
use super::node::{Content, Node};

/// A node under the reader's eyes.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    /// The node.
    pub node: &'a Node,
    /// The text of the whole file, for scalars that are wanted as they are written.
    pub text: &'a str,
}

impl<'a> Cursor<'a> {
    /// A fault that something else was `wanted` here.
    pub fn refuse(self, wanted: &str) -> Fault {
        match self.unexpected() {
            Unexpected::Unit => Reason::Nothing.into(),
            other => Fault::other(format_args!("expected {wanted}, found {}", fault::found(&other))),
        }
    }

    /// Whether there is no value.
    pub fn is_null(self) -> bool {
        matches!(self.node.content, Content::Null | Content::Removed)
    }

    /// The scalar as text; one that is not text is taken as it is written, so `cluster: 007` keeps its zeros.
    pub fn scalar_text(self) -> Result<&'a str, Fault> {
        match &self.node.content {
            Content::Text(text) => Ok(text),
            Content::Bool(_) | Content::Signed(_) | Content::Unsigned(_) | Content::Float(_) => {
                let as_written = || self.text.get(self.node.bytes.clone());
                let text = self.node.expanded.as_deref().or_else(as_written);
                text.ok_or_else(|| self.refuse("text"))
            }
            _ => Err(self.refuse("text")),
        }
    }

    fn unexpected(self) -> Unexpected<'a> {
        match &self.node.content {
            Content::Null | Content::Removed => Unexpected::Unit,
            Content::Bool(value) => Unexpected::Bool(*value),
            Content::Signed(value) => Unexpected::Signed(*value),
            Content::Unsigned(value) => Unexpected::Unsigned(*value),
            Content::Float(value) => Unexpected::Float(*value),
            Content::Text(value) => Unexpected::Str(value),
            Content::List(_) => Unexpected::Seq,
            Content::Mapping(_) => Unexpected::Map,
        }
    }
}
