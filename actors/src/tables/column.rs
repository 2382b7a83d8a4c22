//! Columns: tables of rows of one width, dense, that grow without moving what they hold.

mod shared;
#[cfg(test)]
mod tests;

use self::shared::SharedBlock;

/// The rows of a block: few beside a table worth speaking of, many beside what finding their block costs.
pub const BLOCK_ROWS: usize = 128;

/// Rows of `width` values each, without gaps: removing a row puts the last one in its place.
///
/// Rows lie in blocks that stay where they are when another comes. One vector would copy all rows as it grows, which
/// holds up everybody else's spans, and leave behind a block of memory as large as the table was.
///
/// A column that was frozen shares its blocks with the frozen one. A block that is about to change is copied first, unless
/// the frozen one is gone: so freezing costs little more than a pointer a block. A shared block is an empty one where the
/// column's own lie, so access to those costs nothing for it: rows that are not there are looked for among the shared.
#[derive(Clone, Debug)]
pub struct Column<T> {
    width: usize,
    rows: usize,
    /// All full but the last that has rows, and but those that are shared; those behind it are spare.
    blocks: Vec<Vec<T>>,
    /// Those that are shared, at their places; there may be fewer places than blocks.
    shared: Vec<Option<SharedBlock<T>>>,
}

/// The rows of a column that lie together.
#[derive(Clone, Copy, Debug)]
pub struct ColumnBlock<'c, T> {
    /// Their values, one row after the other: of [`BLOCK_ROWS`] rows, or fewer in the last block.
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
            shared: Vec::new(),
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The first value of `row`, if there is such a row.
    pub fn get(&self, row: usize) -> Option<&T> {
        let (block, start) = self.place(row);
        let own = self.blocks.get(block)?.get(start);
        own.or_else(|| self.shared_values(block)?.get(start))
    }

    /// The first value of `row`, if there is such a row, to be changed.
    pub fn get_mut(&mut self, row: usize) -> Option<&mut T> {
        let (block, start) = self.place(row);
        if row < self.rows {
            self.take_back(block);
        }
        self.blocks.get_mut(block)?.get_mut(start)
    }

    /// A column that has for ever what this one has now.
    pub fn freeze(&mut self) -> Self {
        let used = self.rows.div_ceil(BLOCK_ROWS);
        self.shared.resize(used.max(self.shared.len()), None);
        let blocks = self.blocks.iter_mut().zip(&mut self.shared).take(used);
        let shared = blocks.map(|(own, shared)| Some(shared::share(own, shared)));
        Self {
            width: self.width,
            rows: self.rows,
            shared: shared.collect(),
            blocks: vec![Vec::new(); used],
        }
    }

    /// The blocks in the order of their rows.
    pub fn blocks(&self) -> impl Iterator<Item = ColumnBlock<'_, T>> {
        (0..self.rows.div_ceil(BLOCK_ROWS)).filter_map(|block| self.block(block))
    }

    /// The rows that lie together in `block`, if there are any.
    pub fn block(&self, block: usize) -> Option<ColumnBlock<'_, T>> {
        if block * BLOCK_ROWS >= self.rows {
            return None;
        }
        let own = self.blocks.get(block)?;
        let shared = self.shared.get(block).and_then(Option::as_ref);
        Some(ColumnBlock {
            values: shared.map_or(own, |shared| &shared.values),
            is_changed: shared.is_none_or(|shared| shared.is_changed),
        })
    }

    /// Adds a row of `value` and tells its number.
    pub fn push(&mut self, value: T) -> usize {
        let row = self.rows;
        let (block, start) = self.place(row);
        match self.blocks.get_mut(block) {
            Some(values) if self.width > 0 && values.len() == start && values.capacity() > start => {
                values.resize(start + self.width, value);
                self.rows += 1;
            }
            _ => self.resize(row + 1, value),
        }
        row
    }

    /// Adds whole rows with these `values` as a block of their own, and tells whether that could be: all blocks before must
    /// be full, and no block is longer than [`BLOCK_ROWS`].
    pub fn append_block(&mut self, values: Vec<T>) -> bool {
        let rows = values.len().checked_div(self.width).unwrap_or(0);
        let fits = rows * self.width == values.len() && (1..=BLOCK_ROWS).contains(&rows);
        if !fits || !self.rows.is_multiple_of(BLOCK_ROWS) {
            return false;
        }
        let block = self.rows / BLOCK_ROWS;
        self.blocks.truncate(block);
        self.shared.truncate(block);
        self.blocks.push(values);
        self.rows += rows;
        true
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

    /// Gives memory back when the block that is kept for rows to come is not used, or less than half of the only one is.
    pub fn shrink(&mut self) {
        let used = self.rows.div_ceil(BLOCK_ROWS);
        self.blocks.truncate(used);
        self.shared.truncate(used);
        if self.blocks.capacity() > 2 * used + 16 {
            self.blocks.shrink_to(used);
        }
        if let [only] = self.blocks.as_mut_slice()
            && only.capacity() > 2 * only.len() + 16 * self.width
        {
            only.shrink_to(only.len() + only.len() / 8);
        }
    }

    /// The bytes that are allocated, those that are shared with frozen columns included.
    pub fn memory_bytes(&self) -> usize {
        let own: usize = self.blocks.iter().map(Vec::capacity).sum();
        let shared = self.shared.iter().flatten().map(SharedBlock::memory_bytes);
        own * size_of::<T>()
            + self.blocks.capacity() * size_of::<Vec<T>>()
            + self.shared.capacity() * size_of::<Option<SharedBlock<T>>>()
            + shared.sum::<usize>()
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
        self.take_back(block);
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
            self.take_back(block);
            if let Some(values) = self.blocks.get_mut(block) {
                values.truncate((self.rows - start) * self.width);
            }
            self.keep_one_spare_block();
        }
    }

    /// Gives back the blocks behind the last row but one, as they become empty: all at once would take long.
    #[cold]
    fn keep_one_spare_block(&mut self) {
        let kept = self.rows.div_ceil(BLOCK_ROWS) + 1;
        if self.blocks.len() > kept {
            self.blocks.truncate(kept);
            self.shared.truncate(kept);
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
    #[inline]
    pub fn row(&self, row: usize) -> &[T] {
        let (block, start) = self.place(row);
        match self.blocks[block].get(start..start + self.width) {
            Some(values) => values,
            None => self.shared_row(block, start),
        }
    }

    /// The values of `row`, which must exist, to be changed.
    #[inline]
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        let (block, start) = self.place(row);
        if start + self.width > self.blocks[block].len() {
            return self.taken_back_row(block, start);
        }
        &mut self.blocks[block][start..start + self.width]
    }

    /// The first value of `row`: all there is in a column of width 1.
    #[inline]
    pub fn first(&self, row: usize) -> &T {
        let (block, start) = self.place(row);
        match self.blocks[block].get(start) {
            Some(value) => value,
            None => &self.shared_row(block, start)[0],
        }
    }

    /// The first value of `row`, to be changed.
    #[inline]
    pub fn first_mut(&mut self, row: usize) -> &mut T {
        let (block, start) = self.place(row);
        if start >= self.blocks[block].len() {
            return &mut self.taken_back_row(block, start)[0];
        }
        &mut self.blocks[block][start]
    }

    /// Removes `row`, which must exist; the last row takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        let last = self.rows - 1;
        let ((block, start), (last_block, last_start)) = (self.place(row), self.place(last));
        self.take_back(last_block);
        if block < last_block {
            self.take_back(block);
        }
        let (head, tail) = self.blocks.split_at_mut(last_block);
        if block < last_block {
            head[block][start..][..self.width].swap_with_slice(&mut tail[0][last_start..]);
        } else if row < last {
            let (kept, moved) = tail[0].split_at_mut(last_start);
            kept[start..][..self.width].swap_with_slice(moved);
        }
        tail[0].truncate(last_start);
        self.rows = last;
        if last_start == 0 {
            self.keep_one_spare_block();
        }
    }

    #[cold]
    fn shared_row(&self, block: usize, start: usize) -> &[T] {
        let values = self.shared_values(block).unwrap_or_default();
        &values[start..][..self.width]
    }

    #[cold]
    fn taken_back_row(&mut self, block: usize, start: usize) -> &mut [T] {
        self.take_back(block);
        &mut self.blocks[block][start..][..self.width]
    }
}
