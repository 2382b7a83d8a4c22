//! Walks requests and turns spans into half-edges.
