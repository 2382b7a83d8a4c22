//! The names of numbered files.

use std::path::Path;

/// The name of file `number` of those that begin with `prefix`.
#[must_use]
pub fn file_name(prefix: &str, number: u64) -> String {
    format!("{prefix}-{number:08}")
}

/// The number of a file that begins with `prefix`; none when it is another's.
#[must_use]
pub fn number_in(prefix: &str, name: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?.strip_prefix('-')?;
    let number = digits.parse().ok()?;
    (file_name(prefix, number) == name).then_some(number)
}

/// The number in the name of the file at `path`, whatever it begins with.
pub fn number_of(path: &Path) -> Option<u64> {
    let (prefix, _) = path.file_name()?.to_str()?.rsplit_once('-')?;
    number_in(prefix, path.file_name()?.to_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_and_a_number_one_name() {
        for number in [0, 7, 99_999_999, 100_000_000, u64::MAX] {
            assert_eq!(number_in("segment", &file_name("segment", number)), Some(number));
        }
        for other in [
            "segment",
            "segment-",
            "segment-7",
            "segment-+0000007",
            "manifest-00000007",
        ] {
            assert_eq!(number_in("segment", other), None, "{other}");
        }
    }
}
