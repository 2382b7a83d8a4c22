//! The environment variables that a file may name, and texts with their values put in.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The variables that `${NAME}` stands for in the values of a file; clones share them. Shown, it has no values.
#[derive(Clone, Default)]
pub struct Environment(Option<Arc<BTreeMap<String, String>>>);

/// Why variables cannot be put into a text. None shows the text, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unexpandable {
    /// It has no value, and the text names no default.
    #[error("the environment variable {0} is not set, set it or write ${{{0}:-default}}")]
    Unset(String),
    /// Something else than `}` or `:-` follows the name, or a default has no end or holds a variable itself.
    #[error("not a variable after ${{, write ${{{0}}} or ${{{0}:-default}}, or $$ for the character $")]
    Malformed(String),
}

impl Environment {
    /// The block in which `$` has a meaning of its own, so that no variable is looked for.
    pub(crate) const NOT_BELOW: &str = "write_relabel_configs";

    /// No variable is looked for: texts stay as they are written, `$$` too.
    #[must_use]
    pub fn ignored() -> Self {
        Self::default()
    }

    /// The variables of this process whose names and values are UTF-8.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        Self::of(
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// These variables.
    #[must_use]
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(Some(Arc::new(variables.into_iter().collect())))
    }

    /// `text` with values in the place of `${NAME}` and `${NAME:-default}`, and `$` in that of `$$`. A default
    /// stands for a variable that is not set or empty. Any other `$` stays, also in `$1` and `${1}`.
    pub(crate) fn expand<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, Unexpandable> {
        let Some(variables) = self.0.as_ref().filter(|_| text.contains('$')) else {
            return Ok(Cow::Borrowed(text));
        };
        let (mut expanded, mut rest) = (String::with_capacity(text.len()), text);
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('$') {
                expanded.push('$');
                rest = after;
            } else if let Some((name, after)) = name_in_braces(rest) {
                let (value, after) = value_of(name, after, variables)?;
                expanded.push_str(value);
                rest = after;
            } else {
                expanded.push('$');
            }
        }
        expanded.push_str(rest);
        Ok(Cow::Owned(expanded))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().flat_map(|variables| variables.keys());
        formatter.debug_set().entries(names).finish()
    }
}

/// The variable's name behind `{`, and what follows it.
fn name_in_braces(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let end = inner.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    let (name, after) = inner.split_at(end.unwrap_or(inner.len()));
    let is_name = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    is_name.then_some((name, after))
}

/// What stands for `name`, and the text behind its `}`.
fn value_of<'a>(
    name: &str,
    after: &'a str,
    variables: &'a BTreeMap<String, String>,
) -> Result<(&'a str, &'a str), Unexpandable> {
    let malformed = || Unexpandable::Malformed(name.to_owned());
    let value = variables.get(name).map(String::as_str);
    if let Some(after) = after.strip_prefix('}') {
        let value = value.ok_or_else(|| Unexpandable::Unset(name.to_owned()))?;
        return Ok((value, after));
    }
    let (default, after) = after
        .strip_prefix(":-")
        .and_then(|text| text.split_once('}'))
        .filter(|(default, _)| !default.contains("${"))
        .ok_or_else(malformed)?;
    Ok((value.filter(|value| !value.is_empty()).unwrap_or(default), after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment() -> Environment {
        let variables = [("A", "1"), ("EMPTY", ""), ("_b2", "${A} $$")];
        Environment::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    #[test]
    fn variables_defaults_and_dollars_are_put_in() {
        for (text, expected) in [
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${A:-2}", "1"),
            ("${NONE:-2}", "2"),
            ("${NONE:-}", ""),
            ("${EMPTY}", ""),
            ("${EMPTY:-2}", "2"),
            ("${NONE:-a b:-c$d}", "a b:-c$d"),
            ("$$", "$"),
            ("$${A}", "${A}"),
            ("$$$${A}", "$${A}"),
            ("$$${A}", "$1"),
            ("$A $1 ${1} ${} $", "$A $1 ${1} ${} $"),
            ("{A}", "{A}"),
        ] {
            assert_eq!(environment().expand(text).as_deref(), Ok(expected), "{text}");
            assert_eq!(Environment::ignored().expand(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_value_is_not_looked_through_again() {
        assert_eq!(environment().expand("${_b2}").as_deref(), Ok("${A} $$"));
    }

    #[test]
    fn what_cannot_be_put_in_is_named() {
        for (text, expected) in [
            (
                "a ${NONE}",
                "the environment variable NONE is not set, set it or write ${NONE:-default}",
            ),
            (
                "${A",
                "not a variable after ${, write ${A} or ${A:-default}, or $$ for the character $",
            ),
            (
                "${A-x}",
                "not a variable after ${, write ${A} or ${A:-default}, or $$ for the character $",
            ),
            (
                "${A:-x",
                "not a variable after ${, write ${A} or ${A:-default}, or $$ for the character $",
            ),
            (
                "${A:-${B}}",
                "not a variable after ${, write ${A} or ${A:-default}, or $$ for the character $",
            ),
        ] {
            assert_eq!(
                environment().expand(text).unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn values_are_not_shown() {
        let secret = Environment::of([("NAME".to_owned(), "hidden".to_owned())]);
        assert_eq!(format!("{secret:?}"), "{\"NAME\"}");
    }

    proptest! {
        #[test]
        fn doubled_dollars_stand_for_any_text(text in "[${}A:a-]{0,12}|\\PC*") {
            let doubled = text.replace('$', "$$");
            let expanded = environment().expand(&doubled);
            prop_assert_eq!(expanded.as_deref(), Ok(text.as_str()));
        }
    }
}
