//! Descriptions of a graph as the blocks of readings, in which each text and each list of bounds stands once.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message as _;

use super::records::{BoundsRecord, EdgeRecord, LatencyRecord, ReadingRecord, ServiceRecord};
use crate::aggregator::{EdgeDescription, GraphDescription, LatencyDescription, ServiceDescription};

/// The texts and bounds of a reading, by their places.
#[derive(Default)]
struct Places<'d> {
    texts: HashMap<&'d str, u32>,
    text_list: Vec<String>,
    /// By where they lie: histograms of one family share their bounds.
    bounds: HashMap<*const f64, u32>,
    bounds_list: Vec<BoundsRecord>,
}

/// The texts and bounds of a reading that is read.
struct Lists {
    texts: Vec<String>,
    bounds: Vec<Arc<[f64]>>,
}

/// The block of `description`.
pub fn encode(description: &GraphDescription) -> Vec<u8> {
    let mut places = Places::default();
    let edges = description.edges.iter().map(|edge| places.edge(edge)).collect();
    let services = description.services.iter();
    let services = services.map(|service| places.service(service)).collect();
    let record = ReadingRecord {
        taken_unix_milliseconds: description.taken_unix_milliseconds,
        texts: places.text_list,
        bounds: places.bounds_list,
        edges,
        services,
        limited_updates: description.limited_updates,
    };
    record.encode_to_vec()
}

/// The description in a block; none when it makes no sense.
pub fn decode(block: &[u8]) -> Option<GraphDescription> {
    let record = ReadingRecord::decode(block).ok()?;
    let bounds = record.bounds.into_iter();
    let lists = Lists {
        texts: record.texts,
        bounds: bounds.map(|bounds| bounds.seconds.into()).collect(),
    };
    let edges = record.edges.into_iter().map(|edge| lists.edge(edge));
    let services = record.services.into_iter().map(|service| lists.service(&service));
    Some(GraphDescription {
        taken_unix_milliseconds: record.taken_unix_milliseconds,
        edges: edges.collect::<Option<_>>()?,
        services: services.collect::<Option<_>>()?,
        limited_updates: record.limited_updates,
    })
}

impl<'d> Places<'d> {
    fn edge(&mut self, edge: &'d EdgeDescription) -> EdgeRecord {
        let dimensions = edge.dimensions.iter().flat_map(|(name, value)| [name, value]);
        EdgeRecord {
            client: self.text(&edge.client),
            server: self.text(&edge.server),
            connection_type: self.text(&edge.connection_type),
            virtual_node: edge.virtual_node.as_deref().map(|text| self.text(text)),
            dimensions: dimensions.map(|text| self.text(text)).collect(),
            calls: edge.calls,
            failed: edge.failed,
            server_latency: edge.server_latency.as_ref().map(|latency| self.latency(latency)),
            client_latency: edge.client_latency.as_ref().map(|latency| self.latency(latency)),
            updated_unix_milliseconds: edge.updated_unix_milliseconds,
        }
    }

    fn service(&mut self, service: &'d ServiceDescription) -> ServiceRecord {
        ServiceRecord {
            service: self.text(&service.service),
            namespace: service.namespace.as_deref().map(|text| self.text(text)),
            served: service.served,
            served_failed: service.served_failed,
            spans: service.spans,
        }
    }

    fn latency(&mut self, latency: &LatencyDescription) -> LatencyRecord {
        let next = place(self.bounds_list.len());
        let bounds = *self.bounds.entry(latency.bounds.as_ptr()).or_insert_with(|| {
            let seconds = latency.bounds.to_vec();
            self.bounds_list.push(BoundsRecord { seconds });
            next
        });
        LatencyRecord {
            bounds,
            cumulative: latency.cumulative.clone(),
            sum: latency.sum,
        }
    }

    fn text(&mut self, text: &'d str) -> u32 {
        let next = place(self.text_list.len());
        *self.texts.entry(text).or_insert_with(|| {
            self.text_list.push(text.to_owned());
            next
        })
    }
}

impl Lists {
    fn edge(&self, edge: EdgeRecord) -> Option<EdgeDescription> {
        let pairs = edge.dimensions.chunks_exact(2);
        let pairs = pairs.map(|pair| Some((self.text(*pair.first()?)?, self.text(*pair.last()?)?)));
        Some(EdgeDescription {
            client: self.text(edge.client)?,
            server: self.text(edge.server)?,
            connection_type: self.text(edge.connection_type)?,
            virtual_node: self.optional(edge.virtual_node)?,
            dimensions: pairs.collect::<Option<_>>()?,
            calls: edge.calls,
            failed: edge.failed,
            server_latency: self.latency(edge.server_latency)?,
            client_latency: self.latency(edge.client_latency)?,
            updated_unix_milliseconds: edge.updated_unix_milliseconds,
        })
    }

    fn service(&self, service: &ServiceRecord) -> Option<ServiceDescription> {
        Some(ServiceDescription {
            service: self.text(service.service)?,
            namespace: self.optional(service.namespace)?,
            served: service.served,
            served_failed: service.served_failed,
            spans: service.spans,
        })
    }

    /// None when there is a latency that makes no sense.
    #[expect(clippy::option_option, reason = "a latency may be missing, and that is sound")]
    fn latency(&self, latency: Option<LatencyRecord>) -> Option<Option<LatencyDescription>> {
        let Some(latency) = latency else {
            return Some(None);
        };
        let bounds = self.bounds.get(latency.bounds as usize)?;
        (bounds.len() == latency.cumulative.len()).then(|| {
            Some(LatencyDescription {
                bounds: Arc::clone(bounds),
                cumulative: latency.cumulative,
                sum: latency.sum,
            })
        })
    }

    fn text(&self, place: u32) -> Option<String> {
        self.texts.get(place as usize).cloned()
    }

    /// None when there is a text that is not among them.
    #[expect(clippy::option_option, reason = "a text may be missing, and that is sound")]
    fn optional(&self, place: Option<u32>) -> Option<Option<String>> {
        place.map_or(Some(None), |place| self.text(place).map(Some))
    }
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_names_what_it_does_not_have_is_none() {
        let record = |edge: EdgeRecord| ReadingRecord {
            texts: vec!["shop".to_owned()],
            bounds: vec![BoundsRecord { seconds: vec![1.0] }],
            edges: vec![edge],
            ..ReadingRecord::default()
        };
        let latency = |bounds, cumulative| EdgeRecord {
            server_latency: Some(LatencyRecord {
                bounds,
                cumulative,
                sum: 0.0,
            }),
            ..EdgeRecord::default()
        };
        assert!(decode(&record(latency(0, vec![1.0])).encode_to_vec()).is_some());
        let server = EdgeRecord {
            server: 1,
            ..EdgeRecord::default()
        };
        for flawed in [server, latency(1, vec![1.0]), latency(0, vec![1.0, 2.0])] {
            assert_eq!(decode(&record(flawed).encode_to_vec()), None);
        }
    }

    #[test]
    fn histograms_of_one_family_share_their_bounds_on_the_disk_and_when_they_are_read() {
        let latency = LatencyDescription {
            bounds: [1.0, f64::INFINITY].into(),
            cumulative: vec![0.0, 1.0],
            sum: 2.0,
        };
        let edge = EdgeDescription {
            client: "shop".to_owned(),
            server_latency: Some(latency),
            ..EdgeDescription::default()
        };
        let description = GraphDescription {
            edges: vec![edge; 100],
            ..GraphDescription::default()
        };
        let block = encode(&description);
        let record = ReadingRecord::decode(block.as_slice()).unwrap();
        assert_eq!((record.bounds.len(), record.texts.len()), (1, 2));
        let read = decode(&block).unwrap();
        assert_eq!(read, description);
        let bounds = |index: usize| &read.edges[index].server_latency.as_ref().unwrap().bounds;
        assert!(Arc::ptr_eq(bounds(0), bounds(99)));
    }
}
