//! How the dimensions of an edge stand in its row, and how a row made under other settings is put into that order.

use spangraph_config::ServiceGraphsSettings;

use super::half_edge::{HalfEdges, Side};
use super::texts::TextId;

/// Puts rows of dimensions that were made under old settings into the order of new ones.
///
/// What the new settings do not name is left out, what the old ones did not name is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayout {
    old_width: usize,
    places: Vec<[Option<Place>; 2]>,
}

/// Where a value is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    column: usize,
    /// Only when the row's values are known to be of this side.
    side: Option<Side>,
}

impl Relayout {
    /// From rows of edges made under `old` to those of `new`; none when they have the same order.
    #[must_use]
    pub fn of_edges(old: &ServiceGraphsSettings, new: &ServiceGraphsSettings) -> Option<Self> {
        let prefixed = (old.enable_client_server_prefix, new.enable_client_server_prefix);
        if old.dimensions == new.dimensions && (prefixed.0 == prefixed.1 || new.dimensions.is_empty()) {
            return None;
        }
        let count = old.dimensions.len();
        let plain = |column| Some(Place { column, side: None });
        let of = |side: Option<Side>, column: usize| match (prefixed.0, side) {
            (true, Some(Side::Client)) | (false, None) => [plain(column), None],
            (true, Some(Side::Server)) => [plain(count + column), None],
            // Of one label the server's value was the later one, as a rule.
            (true, None) => [plain(count + column), plain(column)],
            (false, side) => [Some(Place { column, side }), None],
        };
        let sides: &[_] = if prefixed.1 {
            &[Some(Side::Client), Some(Side::Server)]
        } else {
            &[None]
        };
        let column = |name| old.dimensions.iter().position(|known| known == name);
        let each = |side| new.dimensions.iter().map(move |name| (side, column(name)));
        let places = sides.iter().flat_map(|side| each(*side));
        Some(Self {
            old_width: if prefixed.0 { 2 * count } else { count },
            places: places
                .map(|(side, column)| column.map_or([None; 2], |column| of(side, column)))
                .collect(),
        })
    }

    /// As [`Self::of_edges`], for the rows of halves, which are of one side and have no prefixes.
    #[must_use]
    pub fn of_halves(old: &ServiceGraphsSettings, new: &ServiceGraphsSettings) -> Option<Self> {
        let plain = |settings: &ServiceGraphsSettings| ServiceGraphsSettings {
            enable_client_server_prefix: false,
            ..settings.clone()
        };
        Self::of_edges(&plain(old), &plain(new))
    }

    /// Appends the new row of the `old` one. `side` is the only one that gave values, when that is known.
    pub fn put<T: Copy + PartialEq>(&self, old: &[T], side: Option<Side>, absent: T, new: &mut Vec<T>) {
        let value = |place: &Place| {
            let fits = place.side.is_none() || place.side == side;
            let value = old.get(place.column).copied();
            value.filter(|value| fits && *value != absent)
        };
        let row = self.places.iter();
        new.extend(row.map(|places| places.iter().flatten().find_map(value).unwrap_or(absent)));
    }

    /// The new rows of all `old` ones, of which no side is known.
    #[must_use]
    pub fn rows(&self, old: &[TextId], count: usize) -> Vec<TextId> {
        let mut new = Vec::with_capacity(count * self.places.len());
        for row in 0..count {
            let start = row * self.old_width;
            let old = old.get(start..start + self.old_width).unwrap_or_default();
            self.put(old, None, TextId::ABSENT, &mut new);
        }
        new
    }

    /// How many dimensions a new row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.places.len()
    }
}

impl HalfEdges {
    /// Puts the dimensions into the order of other settings.
    pub fn relayout(&mut self, relayout: &Relayout) {
        self.dimensions = relayout.rows(&self.dimensions, self.halves.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(dimensions: &[&str], prefixed: bool) -> ServiceGraphsSettings {
        ServiceGraphsSettings {
            dimensions: dimensions.iter().map(|name| (*name).to_owned()).collect(),
            enable_client_server_prefix: prefixed,
            ..ServiceGraphsSettings::default()
        }
    }

    /// The new row, 0 standing for absent.
    fn row(
        old: &ServiceGraphsSettings,
        new: &ServiceGraphsSettings,
        side: Option<Side>,
        row: &[u8],
    ) -> Vec<u8> {
        let mut put = Vec::new();
        Relayout::of_edges(old, new).unwrap().put(row, side, 0, &mut put);
        put
    }

    #[test]
    fn the_same_dimensions_need_no_other_order() {
        let plain = settings(&["zone", "team"], false);
        assert_eq!(Relayout::of_edges(&plain, &plain), None);
        assert_eq!(
            Relayout::of_edges(&settings(&[], true), &settings(&[], false)),
            None
        );
        let prefixed = settings(&["zone", "team"], true);
        assert!(Relayout::of_edges(&plain, &prefixed).is_some());
        assert_eq!(Relayout::of_halves(&plain, &prefixed), None);
    }

    #[test]
    fn values_go_where_their_name_went() {
        let (old, new) = (
            settings(&["a", "b", "c"], false),
            settings(&["c", "new", "a"], false),
        );
        assert_eq!(row(&old, &new, None, &[1, 2, 3]), [3, 0, 1]);
        let (old, new) = (settings(&["a", "b"], true), settings(&["b"], true));
        assert_eq!(row(&old, &new, None, &[1, 2, 3, 4]), [2, 4]);
    }

    #[test]
    fn a_value_gets_a_prefix_only_when_its_side_is_known() {
        let (plain, prefixed) = (settings(&["a"], false), settings(&["a"], true));
        assert_eq!(row(&plain, &prefixed, Some(Side::Client), &[1]), [1, 0]);
        assert_eq!(row(&plain, &prefixed, Some(Side::Server), &[1]), [0, 1]);
        assert_eq!(row(&plain, &prefixed, None, &[1]), [0, 0]);
    }

    #[test]
    fn without_prefixes_the_server_s_value_wins_over_the_client_s() {
        let (plain, prefixed) = (settings(&["a"], false), settings(&["a"], true));
        assert_eq!(row(&prefixed, &plain, None, &[1, 2]), [2]);
        assert_eq!(row(&prefixed, &plain, None, &[1, 0]), [1]);
    }
}
