//! The graph as files: SVG, DOT, Mermaid and JSON.

mod dot;
mod mermaid;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};

use super::report::GraphReport;
use super::svg;
use crate::problem::Problem;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The drawing.
    Svg,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
    /// The report as it is.
    Json,
}

impl Format {
    /// All formats by the ending of their files, and what to call them.
    pub const ALL: [(&'static str, &'static str, Self); 4] = [
        ("svg", "SVG", Self::Svg),
        ("dot", "DOT", Self::Dot),
        ("mmd", "Mermaid", Self::Mermaid),
        ("json", "JSON", Self::Json),
    ];

    /// The format of files that end so.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _, _)| *known == ending);
        found.map(|(_, _, format)| *format)
    }

    fn ending(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, _, format)| *format == self);
        found.map_or("", |(ending, _, _)| ending)
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Dot => "text/vnd.graphviz; charset=utf-8",
            Self::Mermaid => "text/vnd.mermaid; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// The file's content.
    ///
    /// # Errors
    /// When a report cannot be written as JSON, which does not happen.
    fn write(self, report: &GraphReport) -> Result<String, Problem> {
        match self {
            Self::Svg => {
                let drawing = svg::draw(report, svg::Place::File).into_string();
                Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{drawing}\n"))
            }
            Self::Dot => Ok(dot::write(report)),
            Self::Mermaid => Ok(mermaid::write(report)),
            Self::Json => {
                serde_json::to_string_pretty(report).map_err(|error| Problem::NotFound(error.to_string()))
            }
        }
    }
}

/// `report` as a file to be kept.
///
/// # Errors
/// When it cannot be written, which does not happen.
pub fn download(report: &GraphReport, format: Format) -> Result<HttpResponse, Problem> {
    let name = format!("service-graph.{}", format.ending());
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    Ok(HttpResponse::Ok()
        .content_type(format.content_type())
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(format.write(report)?))
}
