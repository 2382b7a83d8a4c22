//! Where the server listens, and what it tells those who take the wrong door.

mod json;
mod names;
mod paths;
mod stalling;
