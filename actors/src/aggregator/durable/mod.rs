//! Registries as epochs have them: frozen at a cut, collected and written by another thread, and read again.

mod flaw;
mod image;
mod records;
mod restoring;
mod saving;
mod tables;

pub use flaw::{Flaw, RestoreError};
pub use image::RegistryImage;
pub use records::{
    BooksRecord, ExemplarsRecord, FamilyRecord, HistogramRecord, KindRecord, LabelCountingRecord,
    LabelRecord, LabelSetsRecord, NativeRecord, PairRecord, RowsRecord, RulesRecord, TombstonesRecord,
};
pub use restoring::{RegistryLoader, RestoredSeries};
