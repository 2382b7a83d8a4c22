//! Where a redirect of an endpoint leads, and whether what is secret may go there.

use awc::http::uri::Uri;
use spangraph_config::RemoteUrl;
use url::Url;

/// How many requests one request becomes at the most, as with Go's client and so in Prometheus.
pub(super) const MOST_REQUESTS: usize = 10;

/// Why a redirect is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RedirectError {
    #[error("the endpoint redirects to {0}, which is no http:// or https:// address")]
    Target(RemoteUrl),
    #[error("the endpoint redirects in a circle, to {0} again")]
    Circle(RemoteUrl),
    #[error(
        "the endpoint redirected a request {MOST_REQUESTS} times, set the url to where it leads in the end"
    )]
    TooMany,
}

/// What the header `Location` of an answer from `from` means (RFC 9110 §10.2.2); user and password in it are left out.
///
/// # Errors
/// When it is no address that can be written to.
pub(super) fn target(from: &Uri, location: &str) -> Result<Uri, RedirectError> {
    let unusable = || RedirectError::Target(RemoteUrl::new(location));
    let base = Url::parse(&from.to_string()).map_err(|_| unusable())?;
    let mut url = base.join(location).map_err(|_| unusable())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable());
    }
    url.set_fragment(None);
    // Somebody else's credentials have no business in our requests.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_err(|()| unusable())?;
    url.as_str().parse().map_err(|_| unusable())
}

/// Whether both have the same scheme, host and port.
pub(super) fn same_origin(one: &Uri, other: &Uri) -> bool {
    let origin = |uri: &Uri| Url::parse(&uri.to_string()).ok().map(|url| url.origin());
    origin(one).is_some_and(|first| first.is_tuple() && Some(first) == origin(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn a_location_is_taken_relative_to_where_it_came_from() {
        let from = uri("http://store:9009/api/v1/push?db=a");
        for (location, expected) in [
            ("/new/push", "http://store:9009/new/push"),
            ("write", "http://store:9009/api/v1/write"),
            ("?db=b", "http://store:9009/api/v1/push?db=b"),
            ("//other/push", "http://other/push"),
            ("https://other:8443/push#part", "https://other:8443/push"),
            ("http://user:password@other/push", "http://other/push"),
        ] {
            assert_eq!(target(&from, location).unwrap(), uri(expected), "{location}");
        }
    }

    #[test]
    fn what_cannot_be_written_to_is_refused_without_its_secrets() {
        let from = uri("http://store/push");
        for location in [
            "ftp://store/push",
            "javascript:alert(1)",
            "http://",
            "file:///etc/passwd",
        ] {
            assert!(target(&from, location).is_err(), "{location}");
        }
        let told = target(&from, "ftp://store/push?key=secret-key")
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("ftp://store/push") && !told.contains("secret-key"),
            "{told}"
        );
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        let ours = uri("https://Store.example/push");
        for same in ["https://store.example/other", "https://store.example:443/"] {
            assert!(same_origin(&ours, &uri(same)), "{same}");
        }
        for other in [
            "http://store.example/push",
            "https://store.example:8443/push",
            "https://sub.store.example/push",
            "https://store.example.org/push",
        ] {
            assert!(!same_origin(&ours, &uri(other)), "{other}");
        }
    }
}
