//! Columns against vectors of rows.

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

#[test]
fn a_block_is_copied_when_it_changes_and_only_while_a_frozen_column_has_it() {
    let mut column = Column::new(1);
    column.resize(2 * BLOCK_ROWS, 0u64);
    let place = |column: &Column<u64>, row: usize| std::ptr::from_ref(column.first(row));
    let (first, second) = (place(&column, 0), place(&column, BLOCK_ROWS));
    let frozen = column.freeze();
    *column.first_mut(0) = 1;
    assert_ne!(place(&column, 0), first, "the frozen one has it");
    assert_eq!(place(&column, BLOCK_ROWS), second, "nothing changed there");
    assert_eq!(place(&frozen, 0), first);
    drop(frozen);
    *column.first_mut(BLOCK_ROWS) = 1;
    assert_eq!(place(&column, BLOCK_ROWS), second, "nobody else has it any more");
}

#[test]
fn only_blocks_that_were_touched_count_as_changed() {
    let changed = |column: &mut Column<u64>| -> Vec<_> {
        let frozen = column.freeze();
        frozen
            .blocks()
            .map(|block| (block.values.len(), block.is_changed))
            .collect()
    };
    let mut column = Column::new(1);
    column.resize(2 * BLOCK_ROWS + 3, 0u64);
    let full = BLOCK_ROWS;
    assert_eq!(changed(&mut column), [(full, true), (full, true), (3, true)]);
    assert_eq!(changed(&mut column), [(full, false), (full, false), (3, false)]);
    *column.first_mut(BLOCK_ROWS) = 1;
    assert_eq!(changed(&mut column), [(full, false), (full, true), (3, false)]);
    column.swap_remove(0);
    assert_eq!(changed(&mut column), [(full, true), (full, false), (2, true)]);
}

#[test]
fn memory_is_the_same_whether_blocks_are_shared_or_not() {
    let mut column = Column::new(3);
    column.resize(1000, 0u64);
    let own = column.memory_bytes();
    drop(column.freeze());
    let shared = column.memory_bytes();
    assert!((own..own + own / 20).contains(&shared), "{own} {shared}");
    (0..1000).for_each(|row| *column.first_mut(row) = 1);
    let taken_back = column.memory_bytes();
    assert!((own..own + own / 20).contains(&taken_back), "{own} {taken_back}");
}

#[test]
fn blocks_that_are_appended_make_the_column_that_they_were_of() {
    let mut column = Column::new(2);
    (0..2 * BLOCK_ROWS + 3).for_each(|row| _ = column.push(row));
    let frozen = column.freeze();
    let mut restored = Column::new(2);
    for block in frozen.blocks() {
        assert!(restored.append_block(block.values.to_vec()));
    }
    assert_eq!(restored.rows(), column.rows());
    assert!((0..column.rows()).all(|row| restored.row(row) == column.row(row)));
    assert!(!restored.append_block(vec![1, 2]), "the last block is not full");
    restored.resize(BLOCK_ROWS, 0);
    for unfit in [vec![], vec![1], vec![1; 2 * BLOCK_ROWS + 2]] {
        assert!(!restored.append_block(unfit));
    }
    assert!(restored.append_block(vec![8, 9]));
    assert_eq!(
        (restored.rows(), restored.row(BLOCK_ROWS)),
        (BLOCK_ROWS + 1, &[8, 9][..])
    );
}

fn is_send_and_sync<T: Send + Sync>(_: &T) {}

#[test]
fn a_frozen_column_can_be_read_on_another_thread() {
    let mut column = Column::new(1);
    column.push(7u64);
    let frozen = column.freeze();
    is_send_and_sync(&frozen);
    *column.first_mut(0) = 8;
    let read = std::thread::spawn(move || *frozen.first(0)).join().unwrap();
    assert_eq!((read, *column.first(0)), (7, 8));
}

#[derive(Clone, Debug)]
enum Step {
    Push(u8),
    Set(usize, u8),
    Resize(usize),
    Remove(usize),
    Shrink,
    Freeze,
    Drop(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u8>().prop_map(Step::Push),
        4 => any::<(usize, u8)>().prop_map(|(row, number)| Step::Set(row, number)),
        2 => (0..3 * BLOCK_ROWS).prop_map(Step::Resize),
        4 => any::<usize>().prop_map(Step::Remove),
        1 => Just(Step::Shrink),
        3 => Just(Step::Freeze),
        2 => any::<usize>().prop_map(Step::Drop),
    ]
}

/// A column, what it must hold, and what was frozen of both.
struct Compared {
    column: Column<u8>,
    model: Vec<[u8; 2]>,
    frozen: Vec<(Column<u8>, Vec<[u8; 2]>)>,
    /// What the last frozen one held, whether or not it is still there.
    last: Vec<[u8; 2]>,
}

impl Compared {
    fn new() -> Self {
        Self {
            column: Column::new(2),
            model: Vec::new(),
            frozen: Vec::new(),
            last: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let (column, model) = (&mut self.column, &mut self.model);
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
            Step::Set(number, value) if !model.is_empty() => {
                let row = number % model.len();
                *column.get_mut(row).unwrap() = value;
                model[row][0] = value;
            }
            Step::Remove(number) if !model.is_empty() => {
                let row = number % model.len();
                column.swap_remove(row);
                model.swap_remove(row);
            }
            Step::Drop(number) if !self.frozen.is_empty() => {
                self.frozen.swap_remove(number % self.frozen.len());
            }
            Step::Remove(_) | Step::Set(..) | Step::Drop(_) => {}
            Step::Shrink => column.shrink(),
            Step::Freeze => self.freeze(),
        }
    }

    /// Freezes the column. Blocks that are not the same as last time must count as changed.
    fn freeze(&mut self) {
        let frozen = self.column.freeze();
        let block_of = |rows: &Vec<[u8; 2]>, block: usize| -> Vec<u8> {
            rows.concat()
                .chunks(2 * BLOCK_ROWS)
                .nth(block)
                .unwrap_or_default()
                .to_vec()
        };
        for (index, block) in frozen.blocks().enumerate() {
            assert_eq!(block.values, block_of(&self.model, index));
            assert!(block.is_changed || block.values == block_of(&self.last, index));
        }
        assert_eq!(frozen.blocks().count(), self.model.len().div_ceil(BLOCK_ROWS));
        self.last.clone_from(&self.model);
        self.frozen.push((frozen, self.model.clone()));
    }

    fn check(&self) {
        let live = (&self.column, &self.model);
        let frozen = self.frozen.iter().map(|(column, model)| (column, model));
        for (column, model) in frozen.chain([live]) {
            assert_eq!(column.rows(), model.len());
            assert!(column.get(model.len()).is_none());
            assert!((0..model.len()).all(|row| *column.row(row) == model[row]));
        }
    }
}

proptest! {
    #[test]
    fn rows_are_those_of_a_vector_and_frozen_ones_never_change(steps in proptest::collection::vec(step(), 0..60)) {
        let mut compared = Compared::new();
        for step in steps {
            compared.take(step);
            compared.check();
        }
    }
}
