//! Which keys a question asks for.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use spangraph_config::PrintMode;

use crate::problem::Problem;

/// The query parameter by which keys are chosen.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ModeQuery {
    mode: Option<String>,
}

impl ModeQuery {
    /// `effective` when nothing is asked for.
    ///
    /// # Errors
    /// When the mode is none of `effective`, `diff` and `defaults`.
    pub fn mode(&self) -> Result<PrintMode, Problem> {
        let Some(text) = self.mode.as_deref() else {
            return Ok(PrintMode::Effective);
        };
        PrintMode::deserialize(text.into_deserializer()).map_err(|error: Error| Problem::Parameter {
            name: "mode",
            reason: error.to_string(),
        })
    }
}

/// The value of the parameter that asks for `mode`.
#[must_use]
pub fn value_of(mode: PrintMode) -> &'static str {
    match mode {
        PrintMode::Effective => "effective",
        PrintMode::Diff => "diff",
        PrintMode::Defaults => "defaults",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_one_of_three() {
        let ask = |text: &str| ModeQuery {
            mode: Some(text.to_owned()),
        };
        for mode in [PrintMode::Effective, PrintMode::Diff, PrintMode::Defaults] {
            assert_eq!(ask(value_of(mode)).mode(), Ok(mode));
        }
        assert_eq!(ModeQuery::default().mode(), Ok(PrintMode::Effective));
        let told = ask("all").mode().unwrap_err().to_string();
        assert!(
            told.contains("parameter mode") && told.contains("`diff`"),
            "{told}"
        );
    }
}
