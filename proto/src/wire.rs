//! Reads protobuf fields from borrowed bytes, without schema and without copying.

/// Why bytes are no protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("message ends inside a field")]
    Truncated,
    /// A variable-length integer has more than 10 bytes, or more than 64 bits.
    #[error("variable-length integer is longer than 64 bits")]
    OverlongInteger,
    /// A tag has the field number 0 or a wire type that does not exist.
    #[error("invalid field tag {0}")]
    InvalidTag(u64),
    /// A known field has another wire type than its schema says.
    #[error("field {0} has the wrong wire type")]
    WrongWireType(u32),
}
