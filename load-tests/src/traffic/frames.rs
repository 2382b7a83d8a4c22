//! A file of requests in the order of their arrival, for tools that do not make traffic themselves.
//!
//! One line says what it is, one line of JSON holds the shape and the time it was stamped with; then each request
//! as two numbers of 32 bits, least byte first, and its bytes: milliseconds after the start, and length.

use std::io::{BufRead, Write};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use super::shape::Shape;

const FIRST_LINE: &str = "spangraph frames 1";
/// No request is larger: a receiver would refuse it.
const MOST_BYTES: u32 = 64 * 1024 * 1024;

/// What the second line says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FramesHeader {
    /// What the traffic looks like.
    pub shape: Shape,
    /// What all times in it go by: nanoseconds since the Unix epoch.
    pub base_unix_nanoseconds: u64,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it arrives, in milliseconds after the first.
    pub arrival_milliseconds: u32,
    /// An encoded `ExportTraceServiceRequest`.
    pub request: Vec<u8>,
}

/// Writes frames.
#[derive(Debug)]
pub struct FrameWriter<W> {
    out: W,
}

/// Reads frames.
#[derive(Debug)]
pub struct FrameReader<R> {
    input: R,
    header: FramesHeader,
}

impl<W: Write> FrameWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn new(mut out: W, header: &FramesHeader) -> anyhow::Result<Self> {
        writeln!(out, "{FIRST_LINE}")?;
        writeln!(out, "{}", serde_json::to_string(header)?)?;
        Ok(Self { out })
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// When the output fails, or the request is too large.
    pub fn write(&mut self, frame: &Frame) -> anyhow::Result<()> {
        let length = u32::try_from(frame.request.len())?;
        ensure!(length <= MOST_BYTES, "a request of {length} bytes is too large");
        self.out.write_all(&frame.arrival_milliseconds.to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&frame.request)?;
        Ok(())
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }
}

impl<R: BufRead> FrameReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When the input is no file of frames.
    pub fn new(mut input: R) -> anyhow::Result<Self> {
        let mut lines = [String::new(), String::new()];
        for line in &mut lines {
            input.read_line(line)?;
        }
        let [first, header] = &lines;
        ensure!(first.trim_end() == FIRST_LINE, "this is no file of frames");
        let header = serde_json::from_str(header).context("the header of the frames is malformed")?;
        Ok(Self { input, header })
    }

    /// What the header says.
    #[must_use]
    pub fn header(&self) -> &FramesHeader {
        &self.header
    }

    /// The next frame; none at the end.
    ///
    /// # Errors
    /// When the input fails or ends inside a frame.
    pub fn read(&mut self) -> anyhow::Result<Option<Frame>> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let arrival_milliseconds = self.read_number()?;
        let length = self.read_number()?;
        ensure!(length <= MOST_BYTES, "a request of {length} bytes is too large");
        let mut request = vec![0; length as usize];
        self.input
            .read_exact(&mut request)
            .context("the frames end inside a request")?;
        Ok(Some(Frame {
            arrival_milliseconds,
            request,
        }))
    }

    fn read_number(&mut self) -> anyhow::Result<u32> {
        let mut bytes = [0; 4];
        self.input
            .read_exact(&mut bytes)
            .context("the frames end inside a number")?;
        Ok(u32::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let header = FramesHeader {
            shape: Shape::default(),
            base_unix_nanoseconds: 7,
        };
        let frames = [(0, vec![1, 2, 3]), (40, vec![])].map(|(arrival_milliseconds, request)| Frame {
            arrival_milliseconds,
            request,
        });
        let mut bytes = Vec::new();
        let mut writer = FrameWriter::new(&mut bytes, &header).unwrap();
        frames.iter().for_each(|frame| writer.write(frame).unwrap());
        writer.finish().unwrap();
        let mut reader = FrameReader::new(bytes.as_slice()).unwrap();
        assert_eq!(reader.header(), &header);
        assert_eq!(reader.read().unwrap().as_ref(), Some(&frames[0]));
        assert_eq!(reader.read().unwrap().as_ref(), Some(&frames[1]));
        assert_eq!(reader.read().unwrap(), None);
        let mut cut = FrameReader::new(&bytes[..bytes.len() - 9]).unwrap();
        assert!(cut.read().is_err());
        assert!(FrameReader::new(&b"something else\n{}\n"[..]).is_err());
    }
}
