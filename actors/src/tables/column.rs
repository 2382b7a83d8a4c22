//! Columns: tables of rows of one width, dense, that grow without moving what they hold.

mod block;
#[cfg(test)]
mod tests;

use self::block::Block;

/// The rows of a block: few beside a table worth speaking of, many beside what finding their block costs.
pub const BLOCK_ROWS: usize = 128;

/// Rows of `width` values each, without gaps: removing a row puts the last one in its place.
///
/// Rows lie in blocks that stay where they are when another comes. One vector would copy all rows as it grows, which
/// holds up everybody else's spans, and leave behind a block of memory as large as the table was.
///
/// A column that was frozen shares its blocks with the frozen one. A block that is about to change is copied first, unless
/// the frozen one is gone: so freezing costs little more than a pointer a block, and a row that is read a branch.
#[derive(Debug)]
pub struct Column<T> {
    width: usize,
    rows: usize,
    /// All full but the last that has rows; those behind it are spare.
    blocks: Vec<Block<T>>,
}

#[allow(dead_code, reason = "what freezes tables comes next")]
/// The rows of a column that lie together.
#[derive(Clone, Copy, Debug)]
pub struct ColumnBlock<'c, T> {
    /// How many rows: [`BLOCK_ROWS`], or fewer in the last block.
    pub rows: usize,
    /// Their values, one row after the other.
    pub values: &'c [T],
    /// Whether they may differ from those that the frozen column before had in this block, if it had it at all.
    pub is_changed: bool,
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
        self.blocks.get(block)?.values().get(start)
    }

    /// The first value of `row`, if there is such a row, to be changed.
    pub fn get_mut(&mut self, row: usize) -> Option<&mut T> {
        let (block, start) = self.place(row);
        let block = self.blocks.get_mut(block)?;
        if start < block.values().len() {
            block.values_mut().get_mut(start)
        } else {
            None
        }
    }

    #[allow(dead_code, reason = "what freezes tables comes next")]
    /// A column that has for ever what this one has now.
    pub fn freeze(&mut self) -> Self {
        let used = self.rows.div_ceil(BLOCK_ROWS);
        Self {
            width: self.width,
            rows: self.rows,
            blocks: self.blocks.iter_mut().take(used).map(Block::freeze).collect(),
        }
    }

    #[allow(dead_code, reason = "what freezes tables comes next")]
    /// The blocks in the order of their rows.
    pub fn blocks(&self) -> impl Iterator<Item = ColumnBlock<'_, T>> {
        let starts = (0..self.rows).step_by(BLOCK_ROWS);
        starts.zip(&self.blocks).map(|(start, block)| ColumnBlock {
            rows: (self.rows - start).min(BLOCK_ROWS),
            values: block.values(),
            is_changed: block.is_changed(),
        })
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
        if let [Block::Own(only)] = self.blocks.as_mut_slice()
            && only.capacity() > 2 * only.len() + 16 * self.width
        {
            only.shrink_to(only.len() + only.len() / 8);
        }
    }

    /// The bytes that are allocated, those that are shared with frozen columns included.
    pub fn memory_bytes(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(Block::memory_bytes).sum();
        blocks + self.blocks.capacity() * size_of::<Block<T>>()
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
            self.blocks.push(Block::Own(Vec::new()));
        }
        let full = self.width * BLOCK_ROWS;
        let values = self.blocks[block].values_mut();
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
        &self.blocks[block].values()[start..][..self.width]
    }

    /// The values of `row`, which must exist, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        let (block, start) = self.place(row);
        &mut self.blocks[block].values_mut()[start..][..self.width]
    }

    /// The first value of `row`: all there is in a column of width 1.
    pub fn first(&self, row: usize) -> &T {
        let (block, start) = self.place(row);
        &self.blocks[block].values()[start]
    }

    /// The first value of `row`, to be changed.
    pub fn first_mut(&mut self, row: usize) -> &mut T {
        let (block, start) = self.place(row);
        &mut self.blocks[block].values_mut()[start]
    }

    /// Removes `row`, which must exist; the last row takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        let last = self.rows - 1;
        let ((block, start), (last_block, last_start)) = (self.place(row), self.place(last));
        let (head, tail) = self.blocks.split_at_mut(last_block);
        if block < last_block {
            let (own, last) = (head[block].values_mut(), tail[0].values_mut());
            own[start..][..self.width].swap_with_slice(&mut last[last_start..]);
        } else if row < last {
            let (kept, moved) = tail[0].values_mut().split_at_mut(last_start);
            kept[start..][..self.width].swap_with_slice(moved);
        }
        self.truncate(last);
    }
}
