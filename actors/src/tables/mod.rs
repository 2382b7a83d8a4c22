//! The tables that state is kept in: rows, the finding of rows by their keys, and texts by number.

mod column;
mod row_index;
mod text_table;

pub use column::{BLOCK_ROWS, Column};
pub use row_index::{KeyHash, RowIndex};
pub use text_table::{FrozenTexts, TextTable};
