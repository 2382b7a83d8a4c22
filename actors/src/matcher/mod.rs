//! Pairs half-edges into edges.
