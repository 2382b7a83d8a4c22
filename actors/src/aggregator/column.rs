//! Columns: tables of numbers with rows of one width, dense, that grow gently.

/// Rows of `width` values each, without gaps: removing a row puts the last one in its place.
///
/// Grows by an eighth instead of doubling, because these tables are most of what a tenant costs.
#[derive(Debug)]
pub struct Column<T> {
    width: usize,
    values: Vec<T>,
}

impl<T: Copy> Column<T> {
    /// A column whose rows have `width` values, at least 1.
    pub fn new(width: usize) -> Self {
        Self {
            width: width.max(1),
            values: Vec::new(),
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// The values of `row`, which must exist.
    pub fn row(&self, row: usize) -> &[T] {
        &self.values[row * self.width..][..self.width]
    }

    /// The values of `row`, which must exist, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        &mut self.values[row * self.width..][..self.width]
    }

    /// The first value of `row`: all there is in a column of width 1.
    pub fn first(&self, row: usize) -> &T {
        &self.values[row * self.width]
    }

    /// The first value of `row`, to be changed.
    pub fn first_mut(&mut self, row: usize) -> &mut T {
        &mut self.values[row * self.width]
    }

    /// Adds a row of `value` and tells its number.
    pub fn push(&mut self, value: T) -> usize {
        let row = self.rows();
        self.resize(row + 1, value);
        row
    }

    /// Makes the column `rows` long: new ones are filled with `value`, those behind are gone.
    pub fn resize(&mut self, rows: usize, value: T) {
        let length = rows * self.width;
        if length > self.values.capacity() {
            let spare = self.values.capacity() / 8 + 8 * self.width;
            self.values.reserve_exact(length - self.values.len() + spare);
        }
        self.values.resize(length, value);
    }

    /// Removes `row`, which must exist; the last row takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        let last = self.values.len() - self.width;
        self.values.copy_within(last.., row * self.width);
        self.values.truncate(last);
    }

    /// Gives memory back when less than half of it is used.
    pub fn shrink(&mut self) {
        if self.values.capacity() > 2 * self.values.len() + 16 * self.width {
            self.values.shrink_to(self.values.len() + self.values.len() / 8);
        }
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn memory_grows_by_less_than_a_fifth_more_than_is_used_and_shrinks_again() {
        let mut column = Column::new(3);
        column.resize(1000, 0u64);
        for _ in 0..10_000 {
            column.push(1);
        }
        assert!(
            column.memory_bytes() < 11_000 * 24 * 6 / 5,
            "{}",
            column.memory_bytes()
        );
        column.resize(10, 0);
        column.shrink();
        assert!(column.memory_bytes() < 20 * 24, "{}", column.memory_bytes());
    }

    proptest! {
        #[test]
        fn rows_are_those_of_a_vector_of_vectors(steps in proptest::collection::vec(any::<(bool, u8)>(), 0..60)) {
            let (mut column, mut model) = (Column::new(2), Vec::new());
            for (add, number) in steps {
                if add || model.is_empty() {
                    let row = column.push(0);
                    column.row_mut(row).copy_from_slice(&[number, number / 2]);
                    model.push([number, number / 2]);
                } else {
                    let row = usize::from(number) % model.len();
                    column.swap_remove(row);
                    model.swap_remove(row);
                }
                let rows: Vec<_> = (0..column.rows()).map(|row| column.row(row).to_vec()).collect();
                prop_assert_eq!(&rows, &model);
            }
        }
    }
}
