//! One block of a column, which a frozen column may have too.

use std::sync::Arc;

/// The values of a block's rows.
#[derive(Debug)]
#[allow(dead_code, reason = "what freezes tables comes next")]
pub enum Block<T> {
    /// Of one column, which may change them.
    Own(Vec<T>),
    /// Of a column and those frozen of it; and whether they may differ from what the frozen one before had.
    Shared(Arc<Vec<T>>, bool),
}

/// What a shared vector is allocated with besides its values: itself, and two counts.
const SHARED_BYTES: usize = size_of::<Vec<()>>() + 2 * size_of::<usize>();

impl<T: Clone> Block<T> {
    /// The values.
    #[inline]
    pub fn values(&self) -> &[T] {
        match self {
            Self::Own(values) => values,
            Self::Shared(values, _) => values,
        }
    }

    /// The values, to be changed by their only owner: a copy when they are shared.
    #[inline]
    pub fn values_mut(&mut self) -> &mut Vec<T> {
        if matches!(self, Self::Shared(..)) {
            self.take_back();
        }
        match self {
            Self::Own(values) => values,
            Self::Shared(values, _) => Arc::make_mut(values),
        }
    }

    #[allow(dead_code, reason = "what freezes tables comes next")]
    /// Shares the values with another block, which is given back.
    pub fn freeze(&mut self) -> Self {
        let (values, is_changed) = match std::mem::replace(self, Self::Own(Vec::new())) {
            Self::Own(values) => (Arc::new(values), true),
            Self::Shared(values, _) => (values, false),
        };
        *self = Self::Shared(Arc::clone(&values), false);
        Self::Shared(values, is_changed)
    }

    /// Keeps the first `length` values.
    pub fn truncate(&mut self, length: usize) {
        match self {
            Self::Shared(..) if length == 0 => *self = Self::Own(Vec::new()),
            _ => self.values_mut().truncate(length),
        }
    }

    #[allow(dead_code, reason = "what freezes tables comes next")]
    /// Whether the values may differ from what the frozen column before had.
    pub fn is_changed(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Shared(_, is_changed) => *is_changed,
        }
    }

    /// The bytes that are allocated for the values.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Own(values) => values.capacity() * size_of::<T>(),
            Self::Shared(values, _) => values.capacity() * size_of::<T>() + SHARED_BYTES,
        }
    }

    #[cold]
    fn take_back(&mut self) {
        if let Self::Shared(values, _) = std::mem::replace(self, Self::Own(Vec::new())) {
            *self = Self::Own(Arc::unwrap_or_clone(values));
        }
    }
}
