//! The pairing doctor: how the halves of calls find each other, and what is wrong when they do not.

pub mod diagnosis;
