//! The configuration for people: three views of one file, as YAML.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use spangraph_config::{PrintMode, Printout};

use super::mode::value_of;
use super::report::ConfigurationReport;
use crate::frame::{Frame, Html};
use crate::links::Link;
use crate::loading::ReloadState;

/// The views, each with its name and what it shows.
const VIEWS: [(PrintMode, &str, &str); 3] = [
    (
        PrintMode::Effective,
        "In force",
        "Every key with the value that the server runs with.",
    ),
    (
        PrintMode::Diff,
        "Changed",
        "The keys whose value differs from the default. Used as a file, this gives the same settings.",
    ),
    (PrintMode::Defaults, "Defaults", "Every key with its default."),
];

/// The page of `report` in the view of `mode`.
pub fn render(report: &ConfigurationReport, mode: PrintMode) -> Html {
    let frame = Frame {
        title: "Configuration",
        path: "/config",
        ..Frame::default()
    };
    frame.render(&html! {
        (loading(&report.loading))
        (notices(&report.notices))
        (views(mode))
        @for (_, _, explanation) in VIEWS.iter().filter(|(view, ..)| *view == mode) {
            p { (explanation) " Secrets are shown as " code { "<secret>" } "." }
        }
        (yaml(report.file(mode), "The configuration file"))
        (tenants(report, mode))
    })
}

/// A print as a block that can be scrolled by keyboard.
pub fn yaml(printout: &Printout, label: &str) -> Markup {
    html! {
        pre tabindex="0" role="region" aria-label=(label) { code { (printout) } }
    }
}

/// When the configuration was loaded, and what came of the last attempts to load it again.
pub fn loading(state: &ReloadState) -> Markup {
    html! {
        dl .pairs {
            dt { "Loaded" }
            dd { (utc(state.loaded())) }
            @for (what, attempt) in state.attempts() {
                dt { "Last " (what) }
                dd {
                    (utc_of(attempt.unix_milliseconds)) ", " (attempt.trigger) ": "
                    @if attempt.error.is_some() {
                        strong .bad { "failed" }
                        ". What was in force stays."
                    } @else {
                        (attempt)
                    }
                }
            }
        }
        @for (_, attempt) in state.attempts() {
            @if let Some(error) = &attempt.error {
                pre tabindex="0" role="region" aria-label="Why it failed" { code { (error) } }
            }
        }
    }
}

fn utc_of(unix_milliseconds: u64) -> String {
    utc(SystemTime::UNIX_EPOCH + Duration::from_millis(unix_milliseconds))
}

fn utc(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

fn notices(notices: &[String]) -> Markup {
    html! {
        @if !notices.is_empty() {
            section aria-labelledby="notices" {
                h2 #notices { "Notices" }
                ul .findings {
                    @for notice in notices {
                        li .finding.warning { p { (notice) } }
                    }
                }
            }
        }
    }
}

fn views(mode: PrintMode) -> Markup {
    html! {
        nav .views aria-label="Views" {
            @for (index, (view, name, _)) in VIEWS.iter().enumerate() {
                @if index > 0 { " · " }
                a href=(Link::to("/config").with("mode", value_of(*view)))
                    aria-current=[(*view == mode).then_some("page")] { (name) }
            }
        }
    }
}

fn tenants(report: &ConfigurationReport, mode: PrintMode) -> Markup {
    html! {
        h2 { "Overrides of tenants" }
        @if let Some(file) = &report.override_file {
            p {
                "From " code { (file) } ". " code { "*" } " stands for every tenant without an entry; "
                a href="/tenants" { "tenants" } " has each on a page of its own."
            }
            (yaml(report.tenants.entries(mode), "The entries of tenants"))
        } @else {
            p { "No tenant has settings of its own: " code { "overrides.per_tenant_override_config" } " is not set." }
        }
    }
}

#[cfg(test)]
mod tests {
    use spangraph_config::Config;

    use super::*;

    #[test]
    fn a_view_shows_its_keys_and_links_to_the_others() {
        let config =
            Config::from_yaml("metrics_generator: {processor: {service_graphs: {dimensions: ['<b>']}}}");
        let report = ConfigurationReport::of(&config.unwrap(), ReloadState::loaded_now());
        let page = |mode| render(&report, mode).text(None);
        let diff = page(PrintMode::Diff);
        assert!(diff.contains("&lt;b&gt;") && !diff.contains("<b>"), "{diff}");
        assert!(!diff.contains("http_listen_port"), "{diff}");
        assert!(diff.contains("aria-current=\"page\">Changed"), "{diff}");
        assert!(diff.contains("no processor is on"), "{diff}");
        assert!(page(PrintMode::Effective).contains("http_listen_port"));
        let defaults = page(PrintMode::Defaults);
        assert!(defaults.contains("http_listen_port") && !defaults.contains("&lt;b&gt;"));
    }
}
