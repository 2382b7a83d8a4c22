//! Which tenants are due for collection: a pure clock face.

use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use spangraph_config::TenantId;

use crate::time::{PipelineTime, TimeShift};

/// When each tenant is due next.
#[derive(Debug, Default)]
pub struct Schedule {
    due: HashMap<TenantId, Due, RandomState>,
}

#[derive(Clone, Copy, Debug)]
struct Due {
    next: PipelineTime,
    /// The last beat was not told: it is due at once.
    is_owed: bool,
}

impl Schedule {
    /// Whether `tenant`, collected every `interval`, is due at `now`; then it is next due an interval later.
    ///
    /// An interval that became shorter counts at once. A tenant is first due one interval after it is first asked for. Beats that were missed are not made up for.
    pub fn is_due(&mut self, tenant: &TenantId, interval: Duration, now: PipelineTime) -> bool {
        let due = self.due.entry_ref(tenant).or_insert(Due {
            next: now + interval,
            is_owed: false,
        });
        due.next = due.next.min(now + interval);
        let is_owed = std::mem::take(&mut due.is_owed);
        if due.next > now {
            return is_owed;
        }
        due.next = due.next + interval;
        if due.next <= now {
            due.next = now + interval;
        }
        true
    }

    /// Moves all beats, as the clock was shifted: each tenant is due after as long as before.
    pub fn shift(&mut self, by: TimeShift) {
        self.due.values_mut().for_each(|due| due.next += by);
    }

    /// Notes that `tenant`, which was due, could not be told: it is due again at once, and keeps its beat.
    pub fn owe(&mut self, tenant: &TenantId) {
        if let Some(due) = self.due.get_mut(tenant) {
            due.is_owed = true;
        }
    }

    /// Forgets a tenant that is gone.
    pub fn forget(&mut self, tenant: &TenantId) {
        self.due.remove(tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: PipelineTime = PipelineTime::from_unix_milliseconds(1_700_000_000_000);
    const INTERVAL: Duration = Duration::from_secs(15);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn each_tenant_is_due_once_an_interval() {
        let (mut schedule, start) = (Schedule::default(), START);
        let (first, second) = (TenantId::single(), TenantId::parse("other").unwrap());
        assert!(!schedule.is_due(&first, INTERVAL, start));
        assert!(!schedule.is_due(&second, INTERVAL, start + seconds(5)));
        assert!(schedule.is_due(&first, INTERVAL, start + seconds(16)));
        assert!(!schedule.is_due(&second, INTERVAL, start + seconds(16)));
        assert!(!schedule.is_due(&first, INTERVAL, start + seconds(29)));
        assert!(schedule.is_due(&first, INTERVAL, start + seconds(30)));
    }

    #[test]
    fn a_clock_that_is_shifted_puts_no_beat_off_and_brings_none_forward() {
        for by in [3_600_000, -3_600_000].map(TimeShift::from_milliseconds) {
            let (mut schedule, tenant) = (Schedule::default(), TenantId::single());
            schedule.is_due(&tenant, INTERVAL, START);
            schedule.shift(by);
            assert!(!schedule.is_due(&tenant, INTERVAL, START + seconds(14) + by));
            assert!(schedule.is_due(&tenant, INTERVAL, START + seconds(15) + by));
        }
    }

    #[test]
    fn an_interval_that_became_shorter_counts_at_once() {
        let (mut schedule, start, tenant) = (Schedule::default(), START, TenantId::single());
        schedule.is_due(&tenant, seconds(300), start);
        assert!(!schedule.is_due(&tenant, INTERVAL, start + seconds(1)));
        assert!(schedule.is_due(&tenant, INTERVAL, start + seconds(16)));
    }

    #[test]
    fn a_tenant_that_could_not_be_told_is_due_at_once_and_keeps_its_beat() {
        let (mut schedule, start, tenant) = (Schedule::default(), START, TenantId::single());
        schedule.is_due(&tenant, INTERVAL, start);
        for at in [15, 16, 17] {
            assert!(schedule.is_due(&tenant, INTERVAL, start + seconds(at)));
            schedule.owe(&tenant);
        }
        assert!(schedule.is_due(&tenant, INTERVAL, start + seconds(18)));
        assert!(!schedule.is_due(&tenant, INTERVAL, start + seconds(29)));
        assert!(schedule.is_due(&tenant, INTERVAL, start + seconds(30)));
        schedule.owe(&tenant);
        assert!(schedule.is_due(&tenant, INTERVAL, start + seconds(45)));
        assert!(
            !schedule.is_due(&tenant, INTERVAL, start + seconds(46)),
            "both are one"
        );
    }

    #[test]
    fn tenants_that_are_gone_are_forgotten() {
        let (mut schedule, start, tenant) = (Schedule::default(), START, TenantId::single());
        schedule.is_due(&tenant, INTERVAL, start);
        schedule.forget(&tenant);
        assert!(
            !schedule.is_due(&tenant, INTERVAL, start + seconds(20)),
            "it is as new"
        );
    }

    #[test]
    fn beats_that_were_missed_are_not_made_up_for() {
        let (mut schedule, start, tenant) = (Schedule::default(), START, TenantId::single());
        schedule.is_due(&tenant, INTERVAL, start);
        assert!(schedule.is_due(&tenant, INTERVAL, start + seconds(100)));
        assert!(!schedule.is_due(&tenant, INTERVAL, start + seconds(101)));
    }
}
