//! What pages of other origins are told, through real sockets.

use spangraph_config::CorsSettings;

use super::*;

const SHOP: &str = "https://shop.example";

fn with_cors() -> HttpReceiverSettings {
    HttpReceiverSettings {
        cors: Some(CorsSettings {
            allowed_origins: vec![SHOP.to_owned()],
            ..CorsSettings::default()
        }),
        ..settings()
    }
}

fn preflight(origin: &'static str) -> Sending {
    let preflight = Sending {
        method: Method::OPTIONS,
        headers: Vec::new(),
        ..sending(JSON, "")
    };
    preflight
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

#[actix_web::test]
async fn a_preflight_is_answered_204_before_anybody_is_asked_who_he_is() {
    let receiver = start(&with_cors(), &RecordingSink::default());
    for (origin, allowed) in [(SHOP, Some(SHOP)), ("https://other.example", None)] {
        let answer = preflight(origin).to(&receiver).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(header(&answer, "access-control-allow-origin"), allowed);
        assert!(header(&answer, "vary").unwrap().starts_with("Origin, "));
    }
}

#[actix_web::test]
async fn answers_of_every_kind_can_be_read_by_the_page() {
    let sink = RecordingSink::default();
    let receiver = start(&with_cors(), &sink);
    let taken = sending(JSON, JSON_SPANS);
    let malformed = sending(JSON, "{");
    let nobody = Sending {
        headers: vec![("content-type", JSON)],
        ..sending(JSON, JSON_SPANS)
    };
    let astray = Sending {
        path: "/v1/metrics",
        ..sending(JSON, "{}")
    };
    let asking = Sending {
        method: Method::GET,
        ..sending(JSON, "")
    };
    for (request, status) in [
        (taken, 200),
        (malformed, 400),
        (nobody, 401),
        (astray, 404),
        (asking, 405),
    ] {
        let answer = request.header("origin", SHOP).to(&receiver).await;
        assert_eq!(answer.status, status);
        assert_eq!(
            header(&answer, "access-control-allow-origin"),
            Some(SHOP),
            "{status}"
        );
        assert_eq!(
            header(&answer, "access-control-expose-headers"),
            Some("Retry-After")
        );
        assert_eq!(header(&answer, "vary"), Some("Origin"));
    }
    let other = sending(JSON, JSON_SPANS).header("origin", "https://other.example");
    let answer = other.to(&receiver).await;
    // As with the Collector: the page does not see the answer, and JSON does not get here without a preflight.
    assert_eq!(
        (answer.status, header(&answer, "access-control-allow-origin")),
        (StatusCode::OK, None)
    );
}

#[actix_web::test]
async fn without_cors_nothing_is_said_of_origins() {
    let receiver = start(&settings(), &RecordingSink::default());
    assert_eq!(
        preflight(SHOP).to(&receiver).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let answer = sending(JSON, JSON_SPANS)
        .header("origin", SHOP)
        .to(&receiver)
        .await;
    assert_eq!(
        (
            header(&answer, "vary"),
            header(&answer, "access-control-allow-origin")
        ),
        (None, None)
    );
}
