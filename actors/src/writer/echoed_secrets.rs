//! Hides what is secret of an endpoint's settings in the words that the endpoint answers, which may echo it.

use std::cmp::Reverse;

use spangraph_config::{Credential, Secret};

use super::WriterParameters;

/// Shorter passwords and tokens are not looked for: they would be found in any text.
const SHORTEST_CREDENTIAL: usize = 4;

/// Headers and parameters of the URL are looked for from this length on, as many are plain words.
const SHORTEST_VALUE: usize = 8;

/// The header whose value is no secret, and is needed to understand what a store says.
const ORG_ID: &str = "x-scope-orgid";

/// The secrets of an endpoint that are known when it starts; those in files are not.
#[derive(Clone, Default)]
pub(super) struct EchoedSecrets(Vec<String>);

impl EchoedSecrets {
    /// The secrets among `parameters`.
    pub(super) fn of(parameters: &WriterParameters) -> Self {
        let endpoint = &parameters.endpoint;
        let credentials = [
            endpoint.basic_auth.as_ref().map(|basic| &basic.password),
            endpoint.bearer_token.as_ref(),
        ];
        let credentials = credentials.into_iter().flatten().filter_map(inline);
        let headers = endpoint.headers.iter().chain(&parameters.tenant_headers);
        let headers = headers.filter(|(name, _)| !name.eq_ignore_ascii_case(ORG_ID));
        // A scheme such as `Bearer` may stand before the secret.
        let headers = headers.flat_map(|(_, value)| value.expose().split_whitespace());
        let http_headers = endpoint.http_headers.iter();
        let http_headers = http_headers.filter(|(name, _)| !name.eq_ignore_ascii_case(ORG_ID));
        let http_headers = http_headers.flat_map(|(_, values)| values).filter_map(inline);
        let headers = headers.chain(http_headers.flat_map(str::split_whitespace));
        let query = endpoint
            .url
            .expose()
            .split_once('?')
            .map_or("", |(_, query)| query);
        let query = query
            .split('&')
            .map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        let credentials = credentials.filter(|text| text.len() >= SHORTEST_CREDENTIAL);
        let values = headers.chain(query).filter(|text| text.len() >= SHORTEST_VALUE);
        let mut secrets: Vec<_> = credentials.chain(values).map(str::to_owned).collect();
        // A longer secret may hold a shorter one.
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        Self(secrets)
    }

    /// `text` with each secret replaced, also one that is cut off at the end.
    pub(super) fn hide_in(&self, mut text: String) -> String {
        for secret in &self.0 {
            text = text.replace(secret, Secret::SHOWN);
        }
        let cut_off = self.0.iter().find_map(|secret| start_at_end(secret, &text));
        if let Some(bytes) = cut_off {
            text.truncate(text.len().saturating_sub(bytes));
            text.push_str(Secret::SHOWN);
        }
        text
    }
}

/// How many bytes at the end of `text` are the start of `secret`, when they are enough to be no accident.
fn start_at_end(secret: &str, text: &str) -> Option<usize> {
    let starts = secret.char_indices().map(|(end, _)| end).rev();
    starts
        .take_while(|end| *end >= SHORTEST_CREDENTIAL)
        .find(|end| secret.get(..*end).is_some_and(|start| text.ends_with(start)))
}

fn inline(credential: &Credential) -> Option<&str> {
    match credential {
        Credential::Inline(secret) => Some(secret.expose()),
        Credential::File(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use spangraph_config::BasicAuthentication;

    use super::super::tests::parameters;
    use super::*;

    fn hidden(text: &str) -> String {
        let mut parameters = parameters("http://store/push?db=a&token=in-the-query");
        let secret = |text: &str| Secret::new(text);
        let endpoint = &mut parameters.endpoint;
        endpoint.basic_auth = Some(BasicAuthentication {
            username: "someone".to_owned(),
            password: Credential::Inline(secret("pass")),
        });
        endpoint
            .headers
            .insert("x-key".to_owned(), secret("Bearer in-a-header"));
        let tenant_headers = &mut parameters.tenant_headers;
        tenant_headers.insert("x-tenant-key".to_owned(), secret("in-a-header-of-the-tenant"));
        endpoint.http_headers.insert(
            "x-several".to_owned(),
            vec![Credential::Inline(secret("one-of-several"))],
        );
        tenant_headers.insert("X-Scope-OrgID".to_owned(), secret("some-tenant"));
        EchoedSecrets::of(&parameters).hide_in(text.to_owned())
    }

    #[test]
    fn secrets_are_hidden_wherever_they_come_from() {
        for (words, shown) in [
            ("wrong token in-the-query", "wrong token <secret>"),
            ("Bearer in-a-header is unknown", "Bearer <secret> is unknown"),
            ("in-a-header-of-the-tenant, in-a-header", "<secret>, <secret>"),
            ("no one-of-several here", "no <secret> here"),
            ("pass of someone", "<secret> of someone"),
        ] {
            assert_eq!(hidden(words), shown);
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_hidden_too() {
        assert_eq!(
            hidden("unknown in-a-header-of-the-t"),
            "unknown <secret>-of-the-t"
        );
        assert_eq!(hidden("unknown in-the-que"), "unknown <secret>");
        assert_eq!(hidden("there is no room in"), "there is no room in");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let words = "out of order sample of some-tenant in db a";
        assert_eq!(hidden(words), words);
    }
}
