//! The faults that a disk in memory is told to have.

use std::io;

/// What is to go wrong, and when.
#[derive(Debug, Default)]
pub struct Faults {
    /// Units of power that are left; none for no end.
    pub power: Option<u64>,
    /// Units that were used.
    pub used_power: u64,
    /// The bytes that all files together may have.
    pub capacity: Option<u64>,
    /// How many syncs succeed before one fails.
    pub syncs_to_failure: Option<u64>,
    /// Whether reads return less than is there.
    pub short_reads: bool,
}

impl Faults {
    /// Uses `units` of power, all or none.
    pub fn use_power(&mut self, units: u64) -> io::Result<()> {
        match self.take_power(units) {
            taken if taken == units => Ok(()),
            _ => Err(power_failed()),
        }
    }

    /// Uses as many of `units` as there are, and returns how many.
    pub fn take_power(&mut self, units: u64) -> u64 {
        let taken = self.power.map_or(units, |left| left.min(units));
        self.power = self.power.map(|left| left - taken);
        self.used_power += taken;
        taken
    }

    /// Whether this sync fails.
    pub fn sync_fails(&mut self) -> bool {
        let fails = self.syncs_to_failure == Some(0);
        let left = self.syncs_to_failure.take();
        self.syncs_to_failure = left.and_then(|left| left.checked_sub(1));
        fails
    }
}

/// What every operation says once the power has failed.
pub fn power_failed() -> io::Error {
    io::Error::other("the power failed")
}
