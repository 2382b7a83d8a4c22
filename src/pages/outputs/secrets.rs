//! Keeps secrets off the pages: errors without what an endpoint echoes.

use spangraph_config::{Credential, RemoteWriteEndpoint, Secret, TenantSettings};

/// Shorter texts are no secrets, and would be found everywhere.
const SHORTEST: usize = 4;

/// `message` without the secrets of `endpoint`, which it may echo.
pub fn without_secrets(message: &str, endpoint: &RemoteWriteEndpoint, tenant: &TenantSettings) -> String {
    let query = endpoint.url.expose().split_once('?').map(|(_, query)| query);
    let values = query.into_iter().flat_map(|query| query.split('&'));
    let values = values.filter_map(|pair| pair.split_once('=').map(|(_, value)| value));
    let headers = endpoint
        .headers
        .values()
        .chain(tenant.remote_write_headers.values());
    let credentials = [
        endpoint.basic_auth.as_ref().map(|basic| &basic.password),
        endpoint.bearer_token.as_ref(),
    ];
    let credentials = credentials.into_iter().flatten().filter_map(inline);
    let mut secrets: Vec<&str> = headers
        .chain(credentials)
        .map(Secret::expose)
        .chain(values)
        .collect();
    secrets.retain(|secret| secret.len() >= SHORTEST);
    // A longer secret may hold a shorter one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut message = message.to_owned();
    for secret in secrets {
        message = message.replace(secret, Secret::SHOWN);
    }
    message
}

fn inline(credential: &Credential) -> Option<&Secret> {
    match credential {
        Credential::Inline(secret) => Some(secret),
        Credential::File(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::endpoint;
    use super::*;

    #[test]
    fn an_echoed_secret_is_hidden() {
        let mut endpoint = endpoint("https://host/push?token=in-the-query");
        let (token, header) = (
            Secret::new("bearer-token"),
            Secret::new("bearer-token-of-the-header"),
        );
        endpoint.bearer_token = Some(Credential::Inline(token));
        endpoint.headers.insert("x-key".to_owned(), header);
        let echoed = "401: bearer-token, bearer-token-of-the-header and in-the-query are wrong";
        assert_eq!(
            without_secrets(echoed, &endpoint, &TenantSettings::default()),
            "401: <secret>, <secret> and <secret> are wrong"
        );
    }
}
