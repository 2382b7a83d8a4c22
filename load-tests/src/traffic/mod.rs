//! Makes traffic: a mesh of services, traces through it, and requests of one service each, with a model of the outcome.

mod alike;
mod attributes;
mod conventions;
mod frames;
mod label_sets;
mod mesh;
mod model;
mod packing;
mod request;
mod round;
mod service;
mod shape;
mod story;
mod template;

pub use alike::AlikeRequests;
pub use frames::{Frame, FrameReader, FrameWriter, FramesHeader};
pub use label_sets::every_label_set_once;
pub use model::{EdgeKey, EdgeSums, Expected, Latencies, SpanSet, SpanSums};
pub use round::{Acceptance, Delivery, Round, RoundAnswers};
pub use shape::Shape;
pub use template::{Stamp, Template};
