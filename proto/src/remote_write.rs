//! Prometheus remote write 1.0: generated messages, and encoding straight to bytes.
