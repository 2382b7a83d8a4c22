//! Blocks that a column has in common with those that were frozen of it.

use std::sync::Arc;

use super::Column;

/// The values of a block that nobody changes.
#[derive(Clone, Debug)]
pub struct SharedBlock<T> {
    /// The values of its rows.
    pub values: Arc<Vec<T>>,
    /// Whether they may differ from those of the column that was frozen before.
    pub is_changed: bool,
}

/// What a shared vector is allocated with besides its values: itself, and two counts.
const COUNTS_BYTES: usize = size_of::<Vec<()>>() + 2 * size_of::<usize>();

impl<T> SharedBlock<T> {
    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<T>() + COUNTS_BYTES
    }
}

/// Shares a block, which is `own` or `shared`, with another column, which is given it.
pub fn share<T: Clone>(own: &mut Vec<T>, shared: &mut Option<SharedBlock<T>>) -> SharedBlock<T> {
    let before = shared.take();
    let is_changed = before.is_none();
    let values = before.map_or_else(|| Arc::new(std::mem::take(own)), |before| before.values);
    *shared = Some(SharedBlock {
        values: Arc::clone(&values),
        is_changed: false,
    });
    SharedBlock { values, is_changed }
}

impl<T: Clone> Column<T> {
    /// The values of a block that is shared.
    pub(super) fn shared_values(&self, block: usize) -> Option<&[T]> {
        let shared = self.shared.get(block)?.as_ref()?;
        Some(&shared.values)
    }

    /// Makes a block that is shared the column's own: a copy, unless no other column has it any more.
    #[inline]
    pub(super) fn take_back(&mut self, block: usize) {
        // One that is shared is empty here.
        if !self.shared.is_empty() && self.blocks.get(block).is_some_and(Vec::is_empty) {
            self.take_back_shared(block);
        }
    }

    #[cold]
    fn take_back_shared(&mut self, block: usize) {
        let shared = self.shared.get_mut(block).and_then(Option::take);
        if let (Some(shared), Some(own)) = (shared, self.blocks.get_mut(block)) {
            *own = Arc::unwrap_or_clone(shared.values);
        }
    }
}
