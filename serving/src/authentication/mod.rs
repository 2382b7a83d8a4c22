//! Who may come in: credentials are compared in constant time, and those in files are read again when renewed.

mod credentials;
mod metrics;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;
use std::{fmt, io};

use spangraph_config::{AcceptedCredential, Credential, TenantId};
use tokio::time::{MissedTickBehavior, interval_at};

use crate::listener::Listener;
pub use credentials::Credentials;
pub use metrics::AuthenticationMetrics;

/// How often files with secrets are looked at again.
const RENEWAL: Duration = Duration::from_secs(10);

/// Asks those who come in for credentials; clones share them.
#[derive(Clone, Debug)]
pub struct Authenticator {
    current: Arc<Current>,
    challenge: Challenge,
    metrics: AuthenticationMetrics,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthenticationFailure {
    /// There are no credentials.
    #[error("no credentials: send them as Authorization")]
    Missing,
    /// There are some that cannot be read, or more than one.
    #[error("Authorization is malformed, or of a scheme that is not asked for")]
    Malformed,
    /// There are some that nobody has.
    #[error("credentials are not known")]
    Unknown,
    /// They are good, but not for this tenant.
    #[error("these credentials are not of the tenant that X-Scope-OrgID names")]
    ForeignTenant,
}

/// The schemes that are asked for, as `WWW-Authenticate` tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// User and password.
    Basic,
    /// A token.
    Bearer,
    /// Either.
    Both,
}

/// Why credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// A file holds nothing, which would let anybody in.
    #[error("{0} is empty")]
    Empty(PathBuf),
}

/// What is compared with.
#[derive(Debug)]
struct Current(RwLock<Arc<Credentials>>);

impl Authenticator {
    /// Reads the secrets of `accepted`, and goes on looking at their files for as long as there are clones.
    ///
    /// `None` when nothing is accepted, as nobody is asked then. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When a file cannot be read, or is empty.
    pub fn start(
        accepted: &[AcceptedCredential],
        metrics: &AuthenticationMetrics,
    ) -> Result<Option<Self>, CredentialError> {
        let Some(challenge) = Challenge::of(accepted) else {
            return Ok(None);
        };
        let credentials = Credentials::read(accepted)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(credentials))));
        if accepted
            .iter()
            .any(|entry| matches!(entry.secret, Credential::File(_)))
        {
            tokio::spawn(renew(accepted.to_vec(), Arc::downgrade(&current)));
        }
        Ok(Some(Self {
            current,
            challenge,
            metrics: metrics.clone(),
        }))
    }

    /// The tenant of who shows `values` of `Authorization`; `None` when they may name any.
    ///
    /// # Errors
    /// When there is not exactly one value, or it is not known. That is counted.
    pub fn check<'a>(
        &self,
        listener: Listener,
        values: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Option<TenantId>, AuthenticationFailure> {
        let checked = self.current.get().check(values);
        checked.inspect_err(|failure| self.metrics.count(listener, *failure))
    }

    /// Refuses good credentials for the tenant that they were to be used for.
    #[must_use]
    pub fn foreign_tenant(&self, listener: Listener) -> AuthenticationFailure {
        let failure = AuthenticationFailure::ForeignTenant;
        self.metrics.count(listener, failure);
        failure
    }

    /// What those without credentials are asked for.
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        self.challenge
    }
}

impl Challenge {
    fn of(accepted: &[AcceptedCredential]) -> Option<Self> {
        let has_basic = accepted.iter().any(|entry| entry.username.is_some());
        let has_bearer = accepted.iter().any(|entry| entry.username.is_none());
        match (has_basic, has_bearer) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Basic),
            (false, true) => Some(Self::Bearer),
            (false, false) => None,
        }
    }

    /// The value of `WWW-Authenticate`.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Self::Basic => "Basic realm=\"spangraph\", charset=\"UTF-8\"",
            Self::Bearer => "Bearer realm=\"spangraph\"",
            Self::Both => "Basic realm=\"spangraph\", charset=\"UTF-8\", Bearer realm=\"spangraph\"",
        }
    }
}

impl Current {
    fn get(&self) -> Arc<Credentials> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, credentials: Credentials) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(credentials);
    }
}

/// Whether the secrets of `accepted` can be read, so that wrong ones show at start and in `validate`.
///
/// # Errors
/// When a file cannot be read, or is empty.
pub fn check(accepted: &[AcceptedCredential]) -> Result<(), CredentialError> {
    Credentials::read(accepted).map(drop)
}

/// Reads the secrets again and again for as long as somebody holds `current`; what cannot be read changes nothing.
async fn renew(accepted: Vec<AcceptedCredential>, current: Weak<Current>) {
    let mut ticks = interval_at(tokio::time::Instant::now() + RENEWAL, RENEWAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let accepted = Arc::new(accepted);
    loop {
        ticks.tick().await;
        let Some(current) = current.upgrade() else { return };
        let accepted = Arc::clone(&accepted);
        match tokio::task::spawn_blocking(move || Credentials::read(&accepted)).await {
            Ok(Ok(credentials)) => current.set(credentials),
            Ok(Err(error)) => tracing::error!(%error, "credentials cannot be renewed, the old ones stay"),
            Err(_) => return,
        }
    }
}

impl AuthenticationFailure {
    /// The reason as a label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::ForeignTenant => "foreign_tenant",
        }
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.header())
    }
}
