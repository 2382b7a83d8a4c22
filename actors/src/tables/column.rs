//! Columns: tables of rows of one width, dense, that grow without moving what they hold.

/// The rows of a block: few beside a table worth speaking of, many beside what finding their block costs.
const BLOCK_ROWS: usize = 128;

/// Rows of `width` values each, without gaps: removing a row puts the last one in its place.
///
/// Rows lie in blocks that stay where they are when another comes. One vector would copy all rows as it grows, which
/// holds up everybody else's spans, and leave behind a block of memory as large as the table was.
#[derive(Debug)]
pub struct Column<T> {
    width: usize,
    rows: usize,
    /// All full but the last that has rows; those behind it are spare.
    blocks: Vec<Vec<T>>,
}

impl<T: Clone> Column<T> {
    /// A column whose rows have `width` values.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            rows: 0,
            blocks: Vec::new(),
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The first value of `row`, if there is such a row.
    pub fn get(&self, row: usize) -> Option<&T> {
        let (block, start) = self.place(row);
        self.blocks.get(block)?.get(start)
    }

    /// The first value of `row`, if there is such a row, to be changed.
    pub fn get_mut(&mut self, row: usize) -> Option<&mut T> {
        let (block, start) = self.place(row);
        self.blocks.get_mut(block)?.get_mut(start)
    }

    /// Adds a row of `value` and tells its number.
    pub fn push(&mut self, value: T) -> usize {
        let row = self.rows;
        self.resize(row + 1, value);
        row
    }

    /// Makes the column `rows` long: new ones are filled with `value`, those behind are gone.
    pub fn resize(&mut self, rows: usize, value: T) {
        self.truncate(rows);
        while self.rows < rows {
            let block = self.rows / BLOCK_ROWS;
            let rows_in_block = (rows - block * BLOCK_ROWS).min(BLOCK_ROWS);
            let length = rows_in_block * self.width;
            self.block_with_room(block, length).resize(length, value.clone());
            self.rows = block * BLOCK_ROWS + rows_in_block;
        }
    }

    /// Gives memory back when a block or more is not used, or less than half of the only one is.
    pub fn shrink(&mut self) {
        let used = self.rows.div_ceil(BLOCK_ROWS);
        self.blocks.truncate(used);
        if self.blocks.capacity() > 2 * used + 16 {
            self.blocks.shrink_to(used);
        }
        if let [only] = self.blocks.as_mut_slice()
            && only.capacity() > 2 * only.len() + 16 * self.width
        {
            only.shrink_to(only.len() + only.len() / 8);
        }
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        let values: usize = self.blocks.iter().map(Vec::capacity).sum();
        values * size_of::<T>() + self.blocks.capacity() * size_of::<Vec<T>>()
    }

    /// The block of `row`, and where in it the row starts.
    fn place(&self, row: usize) -> (usize, usize) {
        (row / BLOCK_ROWS, row % BLOCK_ROWS * self.width)
    }

    /// The block with room for `length` values: the first one grows gently, since most tenants have no other.
    #[expect(
        clippy::indexing_slicing,
        reason = "blocks are filled one after the other, so the next one is there or comes now"
    )]
    fn block_with_room(&mut self, block: usize, length: usize) -> &mut Vec<T> {
        if block == self.blocks.len() {
            self.blocks.push(Vec::new());
        }
        let full = self.width * BLOCK_ROWS;
        let values = &mut self.blocks[block];
        if length > values.capacity() {
            let gently = length + values.capacity() / 8 + 8 * self.width;
            let capacity = if block == 0 { gently.min(full) } else { full };
            values.reserve_exact(capacity - values.len());
        }
        values
    }

    fn truncate(&mut self, rows: usize) {
        while self.rows > rows {
            let block = (self.rows - 1) / BLOCK_ROWS;
            let start = block * BLOCK_ROWS;
            self.rows = rows.max(start);
            if let Some(values) = self.blocks.get_mut(block) {
                values.truncate((self.rows - start) * self.width);
            }
        }
    }
}

/// Access to rows that must exist: to name another is a fault of the caller's, as with a slice.
#[expect(
    clippy::indexing_slicing,
    reason = "each row that exists lies whole in its block"
)]
impl<T: Clone> Column<T> {
    /// The values of `row`, which must exist.
    pub fn row(&self, row: usize) -> &[T] {
        let (block, start) = self.place(row);
        &self.blocks[block][start..][..self.width]
    }

    /// The values of `row`, which must exist, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        let (block, start) = self.place(row);
        &mut self.blocks[block][start..][..self.width]
    }

    /// The first value of `row`: all there is in a column of width 1.
    pub fn first(&self, row: usize) -> &T {
        let (block, start) = self.place(row);
        &self.blocks[block][start]
    }

    /// The first value of `row`, to be changed.
    pub fn first_mut(&mut self, row: usize) -> &mut T {
        let (block, start) = self.place(row);
        &mut self.blocks[block][start]
    }

    /// Removes `row`, which must exist; the last row takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        let last = self.rows - 1;
        let ((block, start), (last_block, last_start)) = (self.place(row), self.place(last));
        let (head, tail) = self.blocks.split_at_mut(last_block);
        if block < last_block {
            head[block][start..][..self.width].swap_with_slice(&mut tail[0][last_start..]);
        } else if row < last {
            let (kept, moved) = tail[0].split_at_mut(last_start);
            kept[start..][..self.width].swap_with_slice(moved);
        }
        self.truncate(last);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn memory_grows_by_little_more_than_is_used_and_shrinks_again() {
        let mut column = Column::new(3);
        column.resize(1000, 0u64);
        for _ in 0..10_000 {
            column.push(1);
        }
        let used = 11_000 * 24;
        assert!(
            column.memory_bytes() < used + used / 8,
            "{}",
            column.memory_bytes()
        );
        column.resize(10, 0);
        column.shrink();
        assert!(
            column.memory_bytes() < 20 * 24 + 1024,
            "{}",
            column.memory_bytes()
        );
    }

    #[test]
    fn rows_stay_where_they_are_while_others_come() {
        let mut column = Column::new(2);
        column.resize(BLOCK_ROWS, 0u64);
        let before = column.row(5).as_ptr();
        column.resize(BLOCK_ROWS * 50, 0);
        assert_eq!(column.row(5).as_ptr(), before);
    }

    #[test]
    fn rows_without_values_are_counted_all_the_same() {
        let mut column = Column::<u64>::new(0);
        column.resize(BLOCK_ROWS * 2 + 7, 0);
        column.swap_remove(3);
        assert_eq!(column.rows(), BLOCK_ROWS * 2 + 6);
        assert!(column.row(BLOCK_ROWS * 2).is_empty());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Resize(usize),
        Remove(usize),
        Shrink,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => any::<u8>().prop_map(Step::Push),
            2 => (0..3 * BLOCK_ROWS).prop_map(Step::Resize),
            4 => any::<usize>().prop_map(Step::Remove),
            1 => Just(Step::Shrink),
        ]
    }

    proptest! {
        #[test]
        fn rows_are_those_of_a_vector_of_vectors(steps in proptest::collection::vec(step(), 0..60)) {
            let (mut column, mut model) = (Column::new(2), Vec::<[u8; 2]>::new());
            for step in steps {
                match step {
                    Step::Push(number) => {
                        let row = column.push(number);
                        column.row_mut(row)[1] = number / 2;
                        model.push([number, number / 2]);
                    }
                    Step::Resize(rows) => {
                        column.resize(rows, 7);
                        model.resize(rows, [7; 2]);
                    }
                    Step::Remove(number) if !model.is_empty() => {
                        let row = number % model.len();
                        column.swap_remove(row);
                        model.swap_remove(row);
                    }
                    Step::Remove(_) => {}
                    Step::Shrink => column.shrink(),
                }
                prop_assert_eq!(column.rows(), model.len());
                prop_assert!(column.get(model.len()).is_none());
                prop_assert!((0..model.len()).all(|row| *column.row(row) == model[row]));
            }
        }
    }
}
