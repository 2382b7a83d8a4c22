//! Layouts that were asked for last; each is reckoned once, however many ask at the same time.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Layout, Topology};

/// How many layouts are kept.
const MOST: usize = 32;

type Entry = (Arc<Topology>, Arc<OnceLock<Arc<Layout>>>);

/// The layouts of the topologies that were asked for last.
#[derive(Debug, Default)]
pub struct LayoutCache {
    /// The one that was asked for last is at the end.
    entries: Mutex<Vec<Entry>>,
}

impl LayoutCache {
    /// The layout of `topology`. It may take some tenths of a second, so not on a thread that answers.
    #[must_use]
    pub fn get(&self, topology: Topology) -> Arc<Layout> {
        let (topology, layout) = self.entry(topology);
        Arc::clone(layout.get_or_init(|| Arc::new(topology.lay_out())))
    }

    fn entry(&self, topology: Topology) -> Entry {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter().position(|(known, _)| **known == topology);
        let entry = match known {
            Some(index) => entries.remove(index),
            None => (Arc::new(topology), Arc::default()),
        };
        if entries.len() >= MOST {
            entries.remove(0);
        }
        entries.push(entry.clone());
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology(name: usize) -> Topology {
        Topology {
            nodes: vec![name.to_string()],
            ..Topology::default()
        }
    }

    #[test]
    fn a_layout_is_reckoned_once() {
        let cache = LayoutCache::default();
        let first = cache.get(topology(1));
        assert!(Arc::ptr_eq(&first, &cache.get(topology(1))));
    }

    #[test]
    fn what_was_not_asked_for_for_long_is_forgotten() {
        let cache = LayoutCache::default();
        let (first, second) = (cache.get(topology(0)), cache.get(topology(1)));
        for name in 2..=MOST {
            let _ = cache.get(topology(name));
            let _ = cache.get(topology(0));
        }
        assert!(Arc::ptr_eq(&first, &cache.get(topology(0))));
        assert!(!Arc::ptr_eq(&second, &cache.get(topology(1))));
    }
}
