//! Goes on from the readings that an earlier process left.

use std::sync::Arc;

use super::history::{History, Reading, WIDEST};
use super::reading;
use crate::durability::TableBlock;

/// Reads the blocks of one tenant.
#[derive(Debug, Default)]
pub struct HistoryLoader {
    readings: Vec<Reading>,
}

impl HistoryLoader {
    /// Takes a block in. One that cannot be read is left out, as what is in it would be gone in a minute.
    pub fn read(&mut self, at: TableBlock, block: &[u8]) {
        let Some(description) = reading::decode(block) else {
            tracing::warn!(
                block = at.block,
                "a reading of the live graph cannot be read and is left out"
            );
            return;
        };
        self.readings.push(Reading {
            description: Arc::new(description),
            slot: at.block,
            is_new: false,
        });
    }

    /// The history as of an epoch that was cut at `cut_unix_milliseconds`. Only what was read in the minute before it counts:
    /// a slot may hold an older reading.
    #[must_use]
    pub fn finish(mut self, cut_unix_milliseconds: i64) -> History {
        let minute = cut_unix_milliseconds.saturating_sub(WIDEST)..=cut_unix_milliseconds;
        self.readings.retain(|reading| minute.contains(&reading.taken()));
        self.readings.sort_by_key(Reading::taken);
        History::of(self.readings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregator::{EdgeDescription, GraphDescription, LatencyDescription, ServiceDescription};
    use crate::durability::{StateImage as _, Which};
    use crate::graph_history::{GraphHistories, GraphHistoryImage};
    use spangraph_config::TenantId;
    use std::collections::BTreeMap;

    type Disk = BTreeMap<TableBlock, Vec<u8>>;

    fn tenant() -> TenantId {
        TenantId::parse("shop").unwrap()
    }

    fn described(seconds: i64, calls: f64) -> GraphDescription {
        let latency = LatencyDescription {
            bounds: [0.1, 0.5, f64::INFINITY].into(),
            cumulative: vec![calls / 2.0, calls, calls],
            sum: calls / 3.0,
        };
        let edge = EdgeDescription {
            client: "shop".to_owned(),
            server: "cart".to_owned(),
            dimensions: vec![("region".to_owned(), "eu".to_owned())],
            calls,
            failed: 1.0,
            server_latency: Some(latency.clone()),
            updated_unix_milliseconds: seconds * 1_000 - 7,
            ..EdgeDescription::default()
        };
        let outward = EdgeDescription {
            server: "bank".to_owned(),
            connection_type: "virtual_node".to_owned(),
            virtual_node: Some("server".to_owned()),
            client_latency: Some(latency),
            server_latency: None,
            ..edge.clone()
        };
        let service = ServiceDescription {
            service: "cart".to_owned(),
            namespace: Some("shop".to_owned()),
            served: calls,
            served_failed: 2.0,
            spans: 2.0 * calls,
        };
        let bare = ServiceDescription {
            namespace: None,
            ..service.clone()
        };
        GraphDescription {
            taken_unix_milliseconds: seconds * 1_000,
            edges: vec![edge, outward],
            services: vec![service, bare],
            limited_updates: 3,
        }
    }

    fn save(image: &GraphHistoryImage, which: Which, disk: &mut Disk) -> usize {
        let mut written = 0;
        let mut sink = |at, bytes: &[u8]| {
            written += 1;
            disk.insert(at, bytes.to_vec());
            Ok(())
        };
        image.save(which, &mut sink).unwrap();
        let blocks = image.tables()[0].blocks;
        disk.retain(|at, _| at.block < blocks);
        written
    }

    fn restored(disk: &Disk, cut_seconds: i64) -> GraphHistories {
        let mut loader = HistoryLoader::default();
        disk.iter().for_each(|(at, bytes)| loader.read(*at, bytes));
        let histories = GraphHistories::default();
        histories.restore(&tenant(), loader.finish(cut_seconds * 1_000));
        histories
    }

    #[test]
    fn after_a_restart_the_window_is_as_wide_as_the_time_that_passed() {
        let (histories, mut disk) = (GraphHistories::default(), Disk::new());
        for seconds in [100, 110, 120] {
            histories.record(&tenant(), described(seconds, 5.0));
        }
        save(&histories.freeze(&tenant(), 121_000), Which::Changed, &mut disk);
        let restarted = restored(&disk, 121);
        let window = restarted.record(&tenant(), described(141, 9.0)).unwrap();
        assert_eq!(window.seconds(), Some(41.0));
        assert_eq!(*window.earlier.unwrap(), described(100, 5.0));
        let later = restarted.record(&tenant(), described(175, 9.0)).unwrap();
        assert_eq!(*later.earlier.unwrap(), described(120, 5.0));
        let much_later = restored(&disk, 121).record(&tenant(), described(181, 9.0));
        assert!(much_later.unwrap().earlier.is_none());
    }

    #[test]
    fn each_reading_is_written_once_and_all_when_all_are_asked_for() {
        let (histories, mut disk) = (GraphHistories::default(), Disk::new());
        for index in 0..60 {
            let seconds = index * 10;
            histories.record(&tenant(), described(seconds, 5.0));
            let image = histories.freeze(&tenant(), seconds * 1_000);
            assert_eq!(save(&image, Which::Changed, &mut disk), 1);
            assert!(disk.len() <= 8, "{} blocks", disk.len());
            let window = restored(&disk, seconds).record(&tenant(), described(seconds + 1, 5.0));
            let widest = window.unwrap().seconds().unwrap();
            assert!(widest > 50.0 || index < 6, "{widest} s at {seconds} s");
        }
        let image = histories.freeze(&tenant(), 590_000);
        assert_eq!(save(&image, Which::Changed, &mut disk), 0);
        assert_eq!(save(&image, Which::All, &mut Disk::new()), 7);
    }

    #[test]
    fn what_was_read_after_the_cut_or_a_minute_before_it_is_in_no_image() {
        let histories = GraphHistories::default();
        for seconds in [45, 100] {
            histories.record(&tenant(), described(seconds, 5.0));
        }
        for (cut, taken) in [(99, 45), (106, 100)] {
            let mut disk = Disk::new();
            save(&histories.freeze(&tenant(), cut * 1_000), Which::All, &mut disk);
            let window = restored(&disk, cut).record(&tenant(), described(cut + 1, 5.0));
            let earlier = window
                .unwrap()
                .earlier
                .map(|earlier| earlier.taken_unix_milliseconds);
            assert_eq!((disk.len(), earlier), (1, Some(taken * 1_000)));
        }
    }

    #[test]
    fn a_block_that_cannot_be_read_costs_that_reading_only() {
        let (histories, mut disk) = (GraphHistories::default(), Disk::new());
        for seconds in [100, 110] {
            histories.record(&tenant(), described(seconds, 5.0));
        }
        save(&histories.freeze(&tenant(), 111_000), Which::All, &mut disk);
        *disk.values_mut().next().unwrap() = vec![0xff; 7];
        let window = restored(&disk, 111).record(&tenant(), described(120, 5.0));
        assert_eq!(window.unwrap().seconds(), Some(10.0));
    }

    #[test]
    fn ten_thousand_edges_are_kept_and_a_graph_that_takes_too_much_is_not() {
        let latency = LatencyDescription {
            bounds: (0..16).map(f64::from).collect(),
            cumulative: (0..16).map(|bucket| f64::from(bucket) * 1e6 + 0.5).collect(),
            sum: 12_345.678,
        };
        let mut graph = described(100, 5.0);
        let one = graph.edges[0].clone();
        let edge = |index: usize| EdgeDescription {
            client: format!("service-{}", index % 500),
            server: format!("service-{}", index / 20),
            server_latency: Some(latency.clone()),
            client_latency: Some(latency.clone()),
            ..one.clone()
        };
        for (edges, is_kept) in [(10_000, true), (20_000, false)] {
            graph.edges = (0..edges).map(edge).collect();
            let (histories, mut disk) = (GraphHistories::default(), Disk::new());
            histories.record(&tenant(), graph.clone());
            save(&histories.freeze(&tenant(), 100_000), Which::All, &mut disk);
            assert_eq!(!disk.is_empty(), is_kept, "{edges} edges");
        }
    }
}
