//! The credentials that are known, and how one that is shown is compared with them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spangraph_config::{AcceptedCredential, Credential, TenantId};
use subtle::ConstantTimeEq as _;

use super::{AuthenticationFailure, CredentialError};

/// All credentials that are let in.
pub struct Credentials(Vec<Known>);

struct Known {
    shown: Shown,
    tenant: Option<TenantId>,
}

/// What a header shows: a token, or user and password with a colon between.
struct Shown {
    scheme: Scheme,
    secret: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer,
}

impl Credentials {
    /// Reads the secrets of `accepted`.
    ///
    /// # Errors
    /// When a file cannot be read, or is empty.
    pub fn read(accepted: &[AcceptedCredential]) -> Result<Self, CredentialError> {
        accepted
            .iter()
            .map(Known::read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The tenant of who shows `values` of `Authorization`; `None` when they may name any.
    ///
    /// How long it takes does not tell how much of a secret is right.
    ///
    /// # Errors
    /// When there is not exactly one value, or it is not known.
    pub fn check<'a>(
        &self,
        mut values: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Option<TenantId>, AuthenticationFailure> {
        let value = values.next().ok_or(AuthenticationFailure::Missing)?;
        let shown = Shown::parse(value).ok_or(AuthenticationFailure::Malformed)?;
        if values.next().is_some() {
            return Err(AuthenticationFailure::Malformed);
        }
        // All are looked at, so that the place in the list cannot be told either.
        let mut found = None;
        for known in &self.0 {
            if known.shown.is(&shown) && found.is_none() {
                found = Some(known);
            }
        }
        let known = found.ok_or(AuthenticationFailure::Unknown)?;
        Ok(known.tenant.clone())
    }
}

impl Known {
    fn read(accepted: &AcceptedCredential) -> Result<Self, CredentialError> {
        let secret = read(&accepted.secret)?;
        let shown = match &accepted.username {
            None => Shown {
                scheme: Scheme::Bearer,
                secret: secret.into_bytes(),
            },
            Some(username) => Shown {
                scheme: Scheme::Basic,
                secret: format!("{username}:{secret}").into_bytes(),
            },
        };
        Ok(Self {
            shown,
            tenant: accepted.tenant.clone(),
        })
    }
}

impl Shown {
    fn parse(value: &[u8]) -> Option<Self> {
        let end = value.iter().position(|byte| *byte == b' ')?;
        let (scheme, rest) = value.split_at_checked(end)?;
        let rest = rest.trim_ascii();
        if scheme.eq_ignore_ascii_case(b"bearer") {
            return Some(Self {
                scheme: Scheme::Bearer,
                secret: rest.to_vec(),
            });
        }
        let is_basic = scheme.eq_ignore_ascii_case(b"basic");
        let secret = STANDARD.decode(rest).ok().filter(|_| is_basic)?;
        Some(Self {
            scheme: Scheme::Basic,
            secret,
        })
    }

    fn is(&self, other: &Self) -> bool {
        let same = self.secret.ct_eq(&other.secret);
        bool::from(same) && self.scheme == other.scheme
    }
}

/// The secret, without white space around it when it is in a file.
fn read(secret: &Credential) -> Result<String, CredentialError> {
    let path = match secret {
        Credential::Inline(secret) => return Ok(secret.expose().to_owned()),
        Credential::File(path) => path,
    };
    let text = std::fs::read_to_string(path).map_err(|reason| CredentialError::Unreadable {
        path: path.clone(),
        reason,
    })?;
    match text.trim() {
        "" => Err(CredentialError::Empty(path.clone())),
        secret => Ok(secret.to_owned()),
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No secret must be seen.
        write!(formatter, "{} credentials", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spangraph_config::Secret;

    use super::*;

    fn accepted(username: Option<&str>, secret: &str, tenant: Option<&str>) -> AcceptedCredential {
        AcceptedCredential {
            username: username.map(str::to_owned),
            secret: Credential::Inline(Secret::new(secret)),
            tenant: tenant.map(|tenant| TenantId::parse(tenant).unwrap()),
        }
    }

    fn known() -> Credentials {
        Credentials::read(&[
            accepted(None, "token-a", Some("a")),
            accepted(Some("bob"), "pass:word", Some("b")),
            accepted(None, "token-c", None),
        ])
        .unwrap()
    }

    fn check(values: &[&str]) -> Result<Option<String>, AuthenticationFailure> {
        let checked = known().check(values.iter().map(|value| value.as_bytes()));
        checked.map(|tenant| tenant.map(|tenant| tenant.to_string()))
    }

    fn basic(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }

    #[test]
    fn a_credential_that_is_known_gives_its_tenant() {
        assert_eq!(check(&["Bearer token-a"]), Ok(Some("a".to_owned())));
        assert_eq!(check(&["bearer  token-a "]), Ok(Some("a".to_owned())));
        assert_eq!(check(&[&basic("bob", "pass:word")]), Ok(Some("b".to_owned())));
        assert_eq!(check(&["Bearer token-c"]), Ok(None));
    }

    #[test]
    fn what_is_nearly_right_is_not_let_in() {
        for value in [
            "Bearer token-",
            "Bearer token-ab",
            "Bearer Token-a",
            "Bearer bob:pass:word",
            "Bearer ",
            &basic("bob", "password"),
            &basic("Bob", "pass:word"),
            &basic("", "token-a"),
            &format!("Basic {}", STANDARD.encode("token-a")),
        ] {
            assert_eq!(check(&[value]), Err(AuthenticationFailure::Unknown), "{value}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_apart_from_nothing() {
        assert_eq!(check(&[]), Err(AuthenticationFailure::Missing));
        for values in [
            &[""][..],
            &["token-a"],
            &["Basic !!"],
            &["Digest token-a"],
            &["Bearer token-a", "Bearer token-a"],
        ] {
            assert_eq!(check(values), Err(AuthenticationFailure::Malformed), "{values:?}");
        }
    }

    #[test]
    fn secrets_in_files_are_trimmed_and_must_not_be_empty() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("token");
        let in_file = [AcceptedCredential {
            secret: Credential::File(path.clone()),
            ..accepted(None, "", None)
        }];
        let told = Credentials::read(&in_file).unwrap_err().to_string();
        assert!(told.starts_with("cannot read "), "{told}");
        std::fs::write(&path, " \n").unwrap();
        let told = Credentials::read(&in_file).unwrap_err().to_string();
        assert!(told.ends_with("token is empty"), "{told}");
        std::fs::write(&path, "new\n").unwrap();
        let values = [&b"Bearer new"[..]];
        let checked = Credentials::read(&in_file).unwrap().check(values.into_iter());
        assert_eq!(checked, Ok(None));
    }

    proptest! {
        #[test]
        fn only_the_same_user_and_password_are_let_in(
            user in "[a-z]{1,3}", password in "[a-z:]{1,3}", tried in "[a-z:]{1,7}",
        ) {
            let known = Credentials::read(&[accepted(Some(&user), &password, None)]).unwrap();
            let value = format!("Basic {}", STANDARD.encode(&tried));
            let checked = known.check([value.as_bytes()].into_iter());
            prop_assert_eq!(checked.is_ok(), tried == format!("{user}:{password}"));
        }

        #[test]
        fn no_header_makes_the_reader_panic(value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = known().check([&value[..]].into_iter());
        }
    }
}
