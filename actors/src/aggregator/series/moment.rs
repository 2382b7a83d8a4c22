//! When something happens to a series: by the clock, and by the collections, which are numbered.

/// A point in time between two collections, or while one is under way.
///
/// A series remembers which collection was next when it was born, an exemplar which one was when it was observed. So
/// what a collection takes along needs no mark: it is told by the numbers, of live series as well as of frozen ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub unix_milliseconds: i64,
    /// The number of the collection that begins next.
    pub next_collection: u32,
    /// What waited for a collection before this one is taken: it lags behind while a collection is under way.
    pub pending_from: u32,
}
