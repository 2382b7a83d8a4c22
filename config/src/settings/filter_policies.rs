//! Which spans take part.

/// One filter policy (SPEC §6).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilterPolicy {
    /// A span must match it.
    pub include: Option<PolicyMatch>,
    /// A span that matches it is in.
    pub include_any: Option<PolicyMatch>,
    /// A span that matches it is out.
    pub exclude: Option<PolicyMatch>,
}

/// What a policy compares; a span matches when all attributes do.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyMatch {
    /// The attributes to compare, at least one.
    pub attributes: Vec<MatchAttribute>,
}

/// One comparison of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchAttribute {
    /// What is compared.
    pub key: FilterKey,
    /// With what.
    pub value: MatchValue,
}

/// What a policy's attribute names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterKey {
    /// `name`, `kind` or `status`.
    Intrinsic(Intrinsic),
    /// `resource.X` or `span.X`: the attribute X of that scope.
    Attribute(AttributeScope, String),
}

/// Fields of a span that policies can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrinsic {
    /// The span's name.
    Name,
    /// The span's kind, as `SPAN_KIND_…`.
    Kind,
    /// The span's status code, as `STATUS_CODE_…`.
    Status,
}

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeScope {
    /// Among the resource's attributes.
    Resource,
    /// Among the span's own attributes.
    Span,
}

/// A policy's value; strict ones match by type and value, so the integer 404 is not the string "404".
#[derive(Clone, Debug)]
pub enum MatchValue {
    /// Equal to this string.
    String(String),
    /// Equal to this integer.
    Int(i64),
    /// Equal to this double.
    Double(f64),
    /// Equal to this boolean.
    Bool(bool),
    /// A string somewhere in which this expression matches (unanchored).
    Regex(regex::Regex),
}

impl PartialEq for MatchValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Double(left), Self::Double(right)) => left == right,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Regex(left), Self::Regex(right)) => left.as_str() == right.as_str(),
            _ => false,
        }
    }
}
