//! The text of a value, written no further than asked for.

use std::io::Write as _;

use smallvec::SmallVec;

use super::any_value::{AnyValue, KeyValue};
use crate::wire::{DecodeError, Fields, Repeated};

/// Levels of nesting for which no memory is taken.
const USUAL_LEVELS: usize = 8;

/// So many elements are read however short the text is to be.
const LEAST_ELEMENTS: usize = 1_000;

/// A text that grows up to so many bytes.
struct CutText<'o> {
    out: &'o mut Vec<u8>,
    most_bytes: usize,
}

/// An array or list that is not written to its end.
struct Open<'a> {
    values: Repeated<'a>,
    is_list: bool,
}

impl AnyValue<'_> {
    /// Appends the text of the value to `out` (SPEC §1): a string as it is, `true` or `false`, an integer,
    /// the shortest decimal of a double without exponent, `[texts]`, `{key:text}`; of the rest nothing.
    ///
    /// Writing ends when `out` has `most_bytes` bytes, even inside a character, or after as many elements; what comes then
    /// is not looked at.
    ///
    /// Elements without a text count as a byte each: a list of millions of them is not read to its end for each label.
    ///
    /// The way through nested values is a list and not a recursion, and each level has a bracket in the text: so
    /// neither stack nor memory depend on how deeply a sender nests.
    ///
    /// # Errors
    /// When the content is malformed as far as it is written; `out` is then to be thrown away.
    pub fn write_text(&self, out: &mut Vec<u8>, most_bytes: usize) -> Result<(), DecodeError> {
        let mut elements_left = most_bytes.max(LEAST_ELEMENTS);
        let mut text = CutText { out, most_bytes };
        let mut open: SmallVec<[Open<'_>; USUAL_LEVELS]> = SmallVec::new();
        open.extend(text.begin(*self));
        while let Some(level) = open.last_mut() {
            if text.is_full() || elements_left == 0 {
                break;
            }
            elements_left -= 1;
            let Some(message) = level.values.next() else {
                text.push(if level.is_list { b"}" } else { b"]" });
                open.pop();
                continue;
            };
            let value = text.begin_element(level.is_list, message?)?;
            open.extend(text.begin(value));
        }
        Ok(())
    }
}

impl CutText<'_> {
    fn is_full(&self) -> bool {
        self.out.len() >= self.most_bytes
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.most_bytes.saturating_sub(self.out.len());
        let fitting = bytes.get(..room).unwrap_or(bytes);
        self.out.extend_from_slice(fitting);
    }

    /// Writes a value, of an array or list only the bracket: what is in it comes next.
    fn begin<'a>(&mut self, value: AnyValue<'a>) -> Option<Open<'a>> {
        match value {
            AnyValue::String(text) => self.push(text),
            AnyValue::Bool(truth) => self.push(if truth { b"true" } else { b"false" }),
            AnyValue::Int(number) => self.push_displayed(number),
            AnyValue::Double(number) => self.push_double(number),
            AnyValue::Array(values) => return Some(self.open(values, false)),
            AnyValue::KeyValueList(values) => return Some(self.open(values, true)),
            AnyValue::Bytes(_) | AnyValue::Empty => {}
        }
        None
    }

    fn open<'a>(&mut self, values: &'a [u8], is_list: bool) -> Open<'a> {
        self.push(if is_list { b"{" } else { b"[" });
        let values = Fields::new(values).repeated(1);
        Open { values, is_list }
    }

    /// The value of an element, its key written before it.
    fn begin_element<'a>(&mut self, is_list: bool, element: &'a [u8]) -> Result<AnyValue<'a>, DecodeError> {
        if !is_list {
            return AnyValue::decode(element);
        }
        let entry = KeyValue::decode(element)?;
        self.push(entry.key);
        self.push(b":");
        AnyValue::decode(entry.value)
    }

    /// Rust's own text is the shortest decimal without exponent; only the infinities are named as in Prometheus.
    fn push_double(&mut self, number: f64) {
        if number.is_infinite() {
            self.push(if number > 0.0 { b"+Inf" } else { b"-Inf" });
        } else {
            self.push_displayed(number);
        }
    }

    /// No number has more than some 340 digits, so it is written whole before it is cut.
    fn push_displayed(&mut self, number: impl std::fmt::Display) {
        let written = write!(self.out, "{number}");
        debug_assert!(written.is_ok(), "writing to memory does not fail");
        self.out.truncate(self.most_bytes);
    }
}
