//! `/ready` and `/healthz`, for load balancers and supervisors.

use actix_web::{HttpResponse, web};

use spangraph_actors::durability::SpanLogDescription;

use super::readiness::Phase;
use super::{PLAIN_TEXT, PagesContent};

/// 200 `ready`, or 503 with the reason.
pub async fn ready(content: web::Data<PagesContent>) -> HttpResponse {
    match content.obstacle() {
        None => HttpResponse::Ok().content_type(PLAIN_TEXT).body("ready\n"),
        Some(reason) => HttpResponse::ServiceUnavailable()
            .content_type(PLAIN_TEXT)
            .body(format!("not ready: {reason}\n")),
    }
}

impl PagesContent {
    /// Nothing when the server takes spans and all its actors work, else the reason why not.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        let phase = self.phase_obstacle();
        phase.or_else(|| self.pipeline.stuck_actors().first().map(ToString::to_string))
    }

    /// Why the server takes no spans as it starts or stops.
    #[must_use]
    pub fn phase_obstacle(&self) -> Option<String> {
        match (self.readiness.phase(), self.pipeline.span_log()) {
            (
                Phase::Starting,
                Some(SpanLogDescription {
                    replay: Some(replay), ..
                }),
            ) => Some(replay.to_string()),
            _ => self.readiness.obstacle().map(str::to_owned),
        }
    }

    /// What every page says: that requests cannot be logged, and so are refused or may be lost, or that no state is kept.
    #[must_use]
    pub fn alarm(&self) -> Option<String> {
        let of_log = self.pipeline.span_log().and_then(|log| log.trouble);
        let of_state = || self.pipeline.epochs()?.trouble;
        let of_log = of_log.map(|trouble| format!("Requests cannot be made durable: {trouble}"));
        of_log.or_else(|| of_state().map(|trouble| format!("State is not kept: {trouble}")))
    }
}

/// 200 `ok` as long as the process answers.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type(PLAIN_TEXT).body("ok\n")
}
