//! Whose series of which store an endpoint's samples become: as long as that is the same, they have to come in order.

use std::collections::BTreeMap;

use spangraph_config::{Credential, RemoteUrl, RemoteWriteEndpoint, Secret};

/// What headers that name a tenant have in their names, in lower case and without what parts words.
const TENANT_WORDS: [&str; 4] = ["orgid", "tenant", "accountid", "projectid"];

/// A store, and whose series they are in it. Credentials are not part of it, because these are renewed; a user is, because
/// hosted stores tell tenants apart by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    url: RemoteUrl,
    user: Option<String>,
    adds_org_id: bool,
    tenant_headers: BTreeMap<String, Vec<Credential>>,
}

impl Destination {
    /// Where the samples of a tenant with these headers go by `endpoint`.
    #[must_use]
    pub fn of(
        endpoint: &RemoteWriteEndpoint,
        tenant_headers: &BTreeMap<String, Secret>,
        adds_org_id: bool,
    ) -> Self {
        let user = endpoint.basic_auth.as_ref();
        let mut headers = endpoint.http_headers.clone();
        for (name, value) in endpoint.headers.iter().chain(tenant_headers) {
            headers.insert(name.clone(), vec![Credential::Inline(value.clone())]);
        }
        let headers = headers.into_iter();
        Self {
            url: endpoint.url.clone(),
            user: user.map(|basic| basic.username.clone()),
            adds_org_id,
            tenant_headers: headers
                .map(|(name, values)| (name.to_ascii_lowercase(), values))
                .filter(|(name, _)| names_a_tenant(name))
                .collect(),
        }
    }
}

fn names_a_tenant(header: &str) -> bool {
    let name = header.replace(['-', '_'], "");
    TENANT_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use spangraph_config::BasicAuthentication;

    use super::*;
    use crate::writer::tests::parameters;

    type Change = fn(&mut RemoteWriteEndpoint);

    fn destination(change: Change) -> Destination {
        let mut endpoint = parameters("http://store/push").endpoint;
        change(&mut endpoint);
        Destination::of(&endpoint, &BTreeMap::new(), true)
    }

    fn user(name: &str, password: &str) -> Option<BasicAuthentication> {
        Some(BasicAuthentication {
            username: name.to_owned(),
            password: Credential::Inline(Secret::new(password)),
        })
    }

    #[test]
    fn what_says_only_how_samples_are_sent_leaves_the_destination_as_it_is() {
        let same: [Change; 5] = [
            |it| it.name = "other".to_owned(),
            |it| it.remote_timeout = Duration::from_secs(1),
            |it| it.bearer_token = Some(Credential::Inline(Secret::new("token"))),
            |it| drop(it.headers.insert("X-Trace".to_owned(), Secret::new("on"))),
            |it| it.queue.max_shards = 1,
        ];
        for change in same {
            assert_eq!(destination(change), destination(|_| {}));
        }
        assert_eq!(
            destination(|it| it.basic_auth = user("me", "old")),
            destination(|it| it.basic_auth = user("me", "new"))
        );
    }

    #[test]
    fn another_store_or_tenant_is_another_destination() {
        let other: [Change; 4] = [
            |it| it.url = RemoteUrl::new("http://other/push"),
            |it| it.basic_auth = user("me", "old"),
            |it| drop(it.headers.insert("X-Scope-OrgID".to_owned(), Secret::new("a"))),
            |it| drop(it.http_headers.insert("THANOS-TENANT".to_owned(), Vec::new())),
        ];
        for change in other {
            assert_ne!(destination(change), destination(|_| {}));
        }
    }

    #[test]
    fn a_tenant_s_header_counts_wherever_and_however_it_is_written() {
        let mut endpoint = parameters("http://store/push").endpoint;
        let tenant = BTreeMap::from([("x-scope-orgid".to_owned(), Secret::new("a"))]);
        let by_tenant = Destination::of(&endpoint, &tenant, true);
        endpoint
            .headers
            .insert("X-Scope-OrgID".to_owned(), Secret::new("a"));
        assert_eq!(Destination::of(&endpoint, &BTreeMap::new(), true), by_tenant);
        assert_ne!(Destination::of(&endpoint, &BTreeMap::new(), false), by_tenant);
    }
}
