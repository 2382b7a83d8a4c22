//! Which running writer goes on for which endpoint of new settings.

use spangraph_config::RemoteWriteEndpoint;

use crate::writer::Destination;

/// An endpoint, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Led {
    pub(super) endpoint: RemoteWriteEndpoint,
    pub(super) destination: Destination,
}

/// Whether the writer of the first goes on for the second.
type Suits = fn(&Led, &Led) -> bool;

/// For each of the `new` endpoints the one of the `old` whose writer goes on for it, if there is one.
///
/// It must lead to the same destination. One that did not change comes first, then one of the same name; what is left was
/// renamed. No writer goes on for two.
pub(super) fn successors(old: &[Led], new: &[Led]) -> Vec<Option<usize>> {
    let rounds: [Suits; 3] = [
        |old, new| old == new,
        |old, new| old.destination == new.destination && old.endpoint.name == new.endpoint.name,
        |old, new| old.destination == new.destination,
    ];
    let mut goes_on: Vec<Option<usize>> = vec![None; new.len()];
    for suits in rounds {
        for (position, new) in new.iter().enumerate() {
            let is_free = |index: &usize| !goes_on.contains(&Some(*index));
            let mut indices = (0..old.len()).filter(is_free);
            let found = indices.find(|index| old.get(*index).is_some_and(|old| suits(old, new)));
            if let Some(slot) = goes_on.get_mut(position).filter(|slot| slot.is_none()) {
                *slot = found;
            }
        }
    }
    goes_on
}

/// Whether samples by one endpoint and then by the other can be of the same series of a store: one address has changed, or
/// one and the same is written to otherwise.
pub(super) fn may_meet(one: &RemoteWriteEndpoint, other: &RemoteWriteEndpoint) -> bool {
    one.url == other.url || one.name == other.name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use spangraph_config::RemoteUrl;

    use super::*;
    use crate::writer::tests::parameters;

    fn led(name: &str, url: &str, shards: usize) -> Led {
        let mut endpoint = parameters(url).endpoint;
        endpoint.name = name.to_owned();
        endpoint.queue.max_shards = shards;
        let destination = Destination::of(&endpoint, &BTreeMap::new(), true);
        Led {
            endpoint,
            destination,
        }
    }

    #[test]
    fn a_writer_goes_on_for_an_endpoint_that_changes_in_how_it_is_written_to() {
        let old = [led("a", "http://a", 1), led("b", "http://b", 1)];
        let new = [led("b", "http://b", 2), led("a", "http://a", 1)];
        assert_eq!(successors(&old, &new), [Some(1), Some(0)]);
    }

    #[test]
    fn a_writer_goes_on_for_an_endpoint_that_is_renamed() {
        let old = [led("a", "http://a", 1)];
        let new = [led("c", "http://c", 1), led("b", "http://a", 1)];
        assert_eq!(successors(&old, &new), [None, Some(0)]);
    }

    #[test]
    fn of_two_endpoints_of_one_store_each_keeps_its_own_writer() {
        let old = [led("a", "http://a", 1), led("b", "http://a", 1)];
        let new = [
            led("c", "http://a", 1),
            led("b", "http://a", 2),
            led("a", "http://a", 1),
        ];
        assert_eq!(successors(&old, &new), [None, Some(1), Some(0)]);
    }

    #[test]
    fn another_store_under_the_same_name_gets_a_writer_of_its_own_that_may_meet_the_old_one() {
        let old = led("a", "http://a", 1);
        let mut new = led("a", "http://b", 1);
        assert_eq!(
            successors(std::slice::from_ref(&old), std::slice::from_ref(&new)),
            [None]
        );
        assert!(may_meet(&old.endpoint, &new.endpoint));
        new.endpoint.name = "b".to_owned();
        assert!(!may_meet(&old.endpoint, &new.endpoint));
        new.endpoint.url = RemoteUrl::new("http://a");
        assert!(may_meet(&old.endpoint, &new.endpoint));
    }
}
