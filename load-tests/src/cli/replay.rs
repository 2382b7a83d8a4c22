//! Reads a file of frames to be sent again.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context as _;

use crate::traffic::{FrameReader, Round, Stamp, Template};

/// The frames of `file` in their order, with times that are relative again.
pub(super) fn round(file: &Path) -> anyhow::Result<Round> {
    let input = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut reader = FrameReader::new(BufReader::new(input))?;
    let rebase = Stamp {
        trace_mask: 0,
        span_mask: 0,
        base_unix_nanoseconds: reader.header().base_unix_nanoseconds.wrapping_neg(),
    };
    let mut templates = Vec::new();
    while let Some(frame) = reader.read()? {
        let relative = Template::new(frame.request)?.stamped(&rebase);
        templates.push(Template::new(relative)?);
    }
    Ok(Round::replaying(templates))
}
