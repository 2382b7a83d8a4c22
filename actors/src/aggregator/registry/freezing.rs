//! Freezing: the state of a registry as of a cut, taken in a moment.

use super::Registry;
use crate::aggregator::durable::RegistryImage;
use crate::tables::Column;

impl Registry {
    /// The registry as it is now, at a cut. When it `collects` there, all that a collection does to series is done at
    /// once, and the image writes its samples whenever it is asked to.
    ///
    /// Takes a few pointers a block of 128 series, and a look at each series when some may be stale. No collection may be
    /// under way. When it `collects`, [`Self::forget_slice`] has something to do then.
    pub fn freeze(&mut self, cut_unix_milliseconds: i64, collects: bool) -> RegistryImage {
        self.forget_slice(usize::MAX);
        let collection = collects.then(|| {
            let collection = self.store.collect_frozen(cut_unix_milliseconds);
            self.begin_forgetting(cut_unix_milliseconds, Column::new(1));
            collection
        });
        RegistryImage::new(self.store.freeze(), self.span_name_patterns.freeze(), collection)
    }
}
