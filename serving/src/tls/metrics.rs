//! What TLS listeners count: how handshakes and renewals went.

use std::{fmt, io};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use rustls::{Error, InvalidMessage};

use crate::listener::Listener;

/// Counters of all TLS listeners; clones count together.
#[derive(Clone, Debug, Default)]
pub struct TlsMetrics {
    handshakes: Family<HandshakeLabels, Counter>,
    renewals: Family<RenewalLabels, Counter>,
}

/// How a handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handshake {
    /// The connection stands.
    Done,
    /// The client speaks no TLS.
    PlainText,
    /// The client shows no certificate, or one that is not let in.
    ClientCertificate,
    /// The client does not trust us, or went away with an alert.
    RefusedByClient,
    /// Client and server have no version or cipher in common.
    Incompatible,
    /// The client took too long.
    Timeout,
    /// The connection broke, or the client does not follow the protocol.
    Broken,
}

/// How new files were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Renewal {
    /// They are in force.
    Renewed,
    /// They cannot be used, and the old ones stay.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HandshakeLabels {
    listener: Listener,
    outcome: Handshake,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RenewalLabels {
    listener: Listener,
    outcome: Renewal,
}

impl TlsMetrics {
    /// Adds all metrics to `registry`, under their whole names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spangraph_tls_handshakes",
            "TLS handshakes, by listener and outcome",
            self.handshakes.clone(),
        );
        registry.register(
            "spangraph_tls_renewals",
            "Changed certificate files that were taken or refused, by listener",
            self.renewals.clone(),
        );
    }

    /// Counts one handshake.
    pub fn count_handshake(&self, listener: Listener, outcome: Handshake) {
        let labels = HandshakeLabels { listener, outcome };
        self.handshakes.get_or_create(&labels).inc();
    }

    /// Counts one change of files.
    pub fn count_renewal(&self, listener: Listener, outcome: Renewal) {
        let labels = RenewalLabels { listener, outcome };
        self.renewals.get_or_create(&labels).inc();
    }
}

impl Handshake {
    /// The outcome of a handshake that gave `result`.
    #[must_use]
    pub fn of(result: Result<(), &io::Error>) -> Self {
        let Err(error) = result else { return Self::Done };
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
        match cause {
            Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => Self::PlainText,
            Some(Error::NoCertificatesPresented | Error::InvalidCertificate(_)) => Self::ClientCertificate,
            Some(Error::AlertReceived(_)) => Self::RefusedByClient,
            Some(Error::PeerIncompatible(_)) => Self::Incompatible,
            None if error.kind() == io::ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Broken,
        }
    }
}

impl fmt::Display for Handshake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Done => "done",
            Self::PlainText => "plain_text",
            Self::ClientCertificate => "client_certificate",
            Self::RefusedByClient => "refused_by_client",
            Self::Incompatible => "incompatible",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
        })
    }
}

impl fmt::Display for Renewal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Renewed => "renewed",
            Self::Failed => "failed",
        })
    }
}

impl EncodeLabelValue for Handshake {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        fmt::Write::write_fmt(encoder, format_args!("{self}"))
    }
}

impl EncodeLabelValue for Renewal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        fmt::Write::write_fmt(encoder, format_args!("{self}"))
    }
}
