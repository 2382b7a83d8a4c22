//! The frame round every page: head, navigation, the live state, footer.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use maud::{DOCTYPE, Markup, html};

use super::links::Link;
use super::{PagesContent, assets};

/// A whole page, ready to be sent.
#[derive(Debug)]
pub struct Html {
    head: Markup,
    header: Markup,
    refresh: Option<u32>,
    /// The heading and what stands below it.
    content: Markup,
    footer: Markup,
}

/// What a page says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// The heading, also of the browser's tab.
    pub title: &'a str,
    /// The path under which the page stands in the navigation, such as `/graph`.
    pub path: &'a str,
    /// The tenant that links lead on with; `None` where there is no choice.
    pub tenant: Option<&'a str>,
    /// Seconds between two refreshes by the script; 0 for a page that does not change.
    pub refresh_seconds: u32,
    /// Names of the page's own scripts among the assets, ES modules.
    pub scripts: &'a [&'a str],
}

/// The pages in the order of the navigation.
const PAGES: [(&str, &str); 8] = [
    ("/", "Overview"),
    ("/graph", "Live graph"),
    ("/pairing", "Pairing"),
    ("/actors", "Actors"),
    ("/cardinality", "Cardinality"),
    ("/outputs", "Outputs"),
    ("/tenants", "Tenants"),
    ("/config", "Configuration"),
];

/// What is there for programs and for curl.
const FOR_PROGRAMS: [(&str, &str); 4] = [
    ("/metrics", "own metrics"),
    ("/metrics/generated", "series to scrape"),
    ("/status", "plain text"),
    ("/api/v1/openapi.json", "JSON API"),
];

impl Frame<'_> {
    /// The page with `content` in it.
    #[must_use]
    pub fn render(&self, content: &Markup) -> Html {
        Html {
            head: self.head(),
            header: self.header(),
            refresh: self.refresh(),
            content: html! {
                h1 { (self.title) }
                (content)
            },
            footer: self.footer(),
        }
    }

    fn head(&self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (self.title) " – spangraph" }
                link rel="icon" type="image/svg+xml" href=(assets::path("icon.svg"));
                link rel="stylesheet" href=(assets::path("style.css"));
                @if self.refresh_seconds > 0 {
                    script type="module" src=(assets::path("live.js")) {}
                }
                @for script in self.scripts {
                    script type="module" src=(assets::path(script)) {}
                }
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header .site {
                a .brand href="/" { "spangraph" }
                nav aria-label="Pages" {
                    @for (path, name) in PAGES {
                        a href=(self.link(path)) aria-current=[(path == self.path).then_some("page")] { (name) }
                    }
                }
                @if self.refresh_seconds > 0 {
                    span #live-state .live role="status" {}
                    button #live-pause type="button" aria-pressed="false" hidden { "Freeze" }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer .site {
                "spangraph " (env!("CARGO_PKG_VERSION"))
                @for (path, name) in FOR_PROGRAMS {
                    " · " a href=(self.link(path)) { (name) }
                }
            }
        }
    }

    fn link(&self, path: &'static str) -> String {
        Link::to(path).with_optional("tenant", self.tenant).to_string()
    }

    fn refresh(&self) -> Option<u32> {
        Some(self.refresh_seconds).filter(|seconds| *seconds > 0)
    }
}

impl Html {
    /// The text of the page, with what every page says while there is an `alarm`.
    #[must_use]
    pub fn text(&self, alarm: Option<&str>) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head)
                body {
                    a .skip href="#content" { "Skip to content" }
                    (self.header)
                    main #content tabindex="-1" data-refresh-seconds=[self.refresh] {
                        @if let Some(alarm) = alarm {
                            p .finding.bad role="alert" { (alarm) }
                        }
                        (self.content)
                    }
                    (self.footer)
                }
            }
        };
        page.into_string()
    }
}

impl Responder for Html {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let content = request.app_data::<web::Data<PagesContent>>();
        let alarm = content.and_then(|content| content.alarm());
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(self.text(alarm.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_spans_are_escaped_everywhere() {
        let frame = Frame {
            title: "<script>alert(1)</script>",
            path: "/graph",
            tenant: Some("a\"b&<c>"),
            refresh_seconds: 2,
            scripts: &[],
        };
        let page = frame.render(&html! { p { ("<script>") } }).text(Some("<script>"));
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("?tenant=a%22b%26%3Cc%3E"), "{page}");
        assert!(page.contains("aria-current=\"page\">Live graph"), "{page}");
    }

    #[test]
    fn a_page_that_does_not_change_has_no_script() {
        let page = Frame::default().render(&html! {}).text(None);
        assert!(!page.contains("alert"), "{page}");
        assert!(!page.contains("script") && !page.contains("live-state"), "{page}");
    }
}
