//! Walks requests and turns spans into half-edges: the extractor, and the actor that owns one for each tenant.
