//! The way from an aggregator to one writer: what that has no room for is kept and handed on later.

use std::sync::Arc;
use std::time::Instant;

use spangraph_config::TenantId;

use super::backlog::{Backlog, MOST_SAMPLES};
use crate::batches::Collected;
use crate::supervision::Mailbox;
use crate::writer::{Counts, Enqueue, LineLimit, NoteLost, Writer};

/// One writer, and what waits for it.
#[derive(Debug)]
pub(super) struct Outlet {
    writer: Mailbox<Writer>,
    backlog: Backlog,
    /// What was dropped and the writer does not know of.
    lost: Counts,
    line: LineLimit,
}

impl Outlet {
    /// The way to `writer`.
    pub(super) fn new(writer: Mailbox<Writer>) -> Self {
        Self {
            writer,
            backlog: Backlog::default(),
            lost: Counts::default(),
            line: LineLimit::default(),
        }
    }

    /// Whether it leads to `writer`.
    pub(super) fn leads_to(&self, writer: &Mailbox<Writer>) -> bool {
        self.writer.control() == writer.control()
    }

    /// It by another mailbox of the same writer.
    pub(super) fn by(self, writer: Mailbox<Writer>) -> Self {
        Self { writer, ..self }
    }

    /// Whether there is room enough for a part that could also come with the next: half of the writer's mailbox.
    pub(super) fn has_much_room(&self) -> bool {
        let level = self.writer.level();
        self.backlog.is_empty() && level.waiting < level.capacity / 2
    }

    /// Hands on `collected` after all that waits, or keeps it. What that pushes out is counted by the writer and logged.
    pub(super) fn hand_on(&mut self, collected: Arc<Collected>, tenant: &TenantId) {
        let dropped = self.backlog.push(collected, MOST_SAMPLES);
        self.lost += dropped;
        if !dropped.is_empty()
            && let Some(samples) = self.line.note(dropped.total(), Instant::now())
        {
            tracing::error!(%tenant, samples, "a writer takes no collections, the oldest samples that waited for it are dropped");
        }
        self.catch_up();
    }

    /// Hands on what waits, as far as there is room.
    pub(super) fn catch_up(&mut self) {
        while !self.backlog.is_empty()
            && let Some(slot) = self.writer.reserve()
            && let Some(collected) = self.backlog.pop()
        {
            self.writer.send(slot, Enqueue(collected));
        }
        if !self.lost.is_empty() && self.writer.control().try_send(NoteLost(self.lost)).is_ok() {
            self.lost = Counts::default();
        }
    }

    /// Hands on all that waits, whether there is room or not: nothing comes after it.
    pub(super) fn finish(&mut self) {
        while let Some(collected) = self.backlog.pop() {
            self.writer.send_beyond(Enqueue(collected));
        }
        self.catch_up();
    }
}
