//! Sends collected samples to a remote-write endpoint.
