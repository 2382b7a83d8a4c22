//! The tables that state is kept in: rows, the finding of rows by their keys, and texts by number.

mod column;
mod row_index;
mod text_table;

#[allow(unused_imports, reason = "what freezes tables comes next")]
pub use column::{BLOCK_ROWS, Column, ColumnBlock};
pub use row_index::{KeyHash, RowIndex};
pub use text_table::{FrozenTexts, TextTable};
