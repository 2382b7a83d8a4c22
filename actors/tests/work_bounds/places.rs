//! Puts the worst values of a field where a request has that field, with all around it that makes the server look there.

use std::collections::BTreeSet;

use super::descriptor::{Field, FieldPath};

/// A request, and one of about so many bytes.
pub struct Bomb {
    pub name: String,
    pub of_bytes: Box<dyn Fn(usize) -> Vec<u8>>,
}

/// Makes fields of a message from a number: the bytes that they may have, or which of many they are for.
pub type Make = Box<dyn Fn(usize) -> Vec<Vec<u8>>>;

/// Fields to make, and what they are called.
pub type Named = (&'static str, Make);

/// How messages are written.
pub trait Format {
    /// A field with its value, or with all of its values when it is repeated.
    fn field(field: &Field, values: &[Vec<u8>]) -> Vec<u8>;

    /// A message with these fields.
    fn message(fields: &[Vec<u8>]) -> Vec<u8>;

    /// What `message` has to have besides the field `but`, when it is the one of this number.
    fn usual(message: &str, but: &Field, number: usize) -> Vec<Vec<u8>>;

    /// The attribute that names the service of a resource.
    fn service() -> Vec<u8>;

    /// Spans of a resource that have nothing but what a span has to have, at least one; about so many bytes of them.
    fn minimal(bytes: usize) -> Vec<u8>;

    /// The field so that it takes about so many bytes of one message.
    fn filling(field: &Field) -> Vec<Named>;

    /// The field with a value that is another for each number.
    fn distinct(field: &Field) -> Vec<Named>;

    /// The last of these fields, the messages nested along them as deeply as about so many bytes allow.
    fn nested(cycle: &[Field], bytes: usize) -> Vec<u8>;
}

/// Everything that a field can do to the one who reads it.
pub fn bombs<F: Format + 'static>(path: &FieldPath) -> Vec<Bomb> {
    let filling = F::filling(path.last())
        .into_iter()
        .map(|named| fill::<F>(path, named));
    let parents = parents(path).into_iter();
    let distinct = parents.flat_map(|depth| {
        F::distinct(path.last())
            .into_iter()
            .map(move |named| spread::<F>(path, depth, named))
    });
    filling.chain(distinct).chain(nest::<F>(path)).collect()
}

/// Where the messages that have the field may be very many: the outermost, the spans and the nearest.
fn parents(path: &FieldPath) -> BTreeSet<usize> {
    let above = path.0.iter().take(path.0.len() - 1).enumerate();
    let repeated = above.filter(|(_, field)| field.is_repeated);
    let (depths, is_span): (Vec<_>, Vec<_>) = repeated
        .map(|(depth, field)| (depth, field.name == "spans"))
        .unzip();
    let spans = depths
        .iter()
        .zip(is_span)
        .find_map(|(depth, is_span)| is_span.then_some(depth));
    depths
        .first()
        .into_iter()
        .chain(spans)
        .chain(depths.last())
        .copied()
        .collect()
}

/// The field takes all bytes of one message.
fn fill<F: Format>(path: &FieldPath, (name, make): Named) -> Bomb {
    let (path, name) = (path.clone(), format!("{path}, {name}"));
    let of_bytes = move |bytes| {
        let place = Place::once(&path, bytes);
        place.message::<F>(0, 0, &|_| make(place.bytes))
    };
    Bomb {
        name,
        of_bytes: Box::new(of_bytes),
    }
}

/// As many messages as there is room for have the field, below the repeated field at `depth`.
fn spread<F: Format>(path: &FieldPath, depth: usize, (name, make): Named) -> Bomb {
    let name = format!("{path}, {name}, in each of {}", path.0[depth].name);
    let path = path.clone();
    let of_bytes = move |bytes| {
        let mut place = if depth == 0 {
            Place::of(&path, bytes)
        } else {
            Place::once(&path, bytes)
        };
        place.spread = Some((depth, 1));
        let one = place.message::<F>(depth + 1, 1_000, &*make);
        place.spread = Some((depth, place.bytes / (one.len() + 2)));
        place.message::<F>(0, 0, &*make)
    };
    Bomb {
        name,
        of_bytes: Box::new(of_bytes),
    }
}

/// The message nests itself.
fn nest<F: Format>(path: &FieldPath) -> Option<Bomb> {
    let cycle = path.cycle()?.to_vec();
    let (path, name) = (path.clone(), format!("{path}, nested"));
    let of_bytes = move |bytes| {
        let place = Place::once(&path, bytes);
        place.message::<F>(0, 0, &|_| vec![F::nested(&cycle, place.bytes)])
    };
    Some(Bomb {
        name,
        of_bytes: Box::new(of_bytes),
    })
}

/// Where a field is to go.
struct Place<'p> {
    path: &'p FieldPath,
    bytes: usize,
    /// The depth of a repeated field, and how many values it has.
    spread: Option<(usize, usize)>,
}

impl<'p> Place<'p> {
    fn of(path: &'p FieldPath, bytes: usize) -> Self {
        Self {
            path,
            bytes,
            spread: None,
        }
    }

    /// In one resource. What that has is worst when it has many spans too.
    fn once(path: &'p FieldPath, bytes: usize) -> Self {
        let has_spans_beside = path.0.len() > 1 && !path.contains("scope_spans");
        Self::of(path, if has_spans_beside { bytes / 2 } else { bytes })
    }

    /// The message that has the path's field at `depth`, as the one of this number.
    fn message<F: Format>(
        &self,
        depth: usize,
        number: usize,
        make: &dyn Fn(usize) -> Vec<Vec<u8>>,
    ) -> Vec<u8> {
        let field = &self.path.0[depth];
        let message = depth
            .checked_sub(1)
            .map_or("", |above| self.path.0[above].message.as_str());
        let mut fields = F::usual(message, field, number);
        if depth + 1 == self.path.0.len() {
            fields.extend(make(number));
        } else {
            let values = self.values::<F>(depth, number, make);
            fields.push(F::field(field, &values));
        }
        if message == "ResourceSpans" && field.name != "scope_spans" {
            let is_spread = self.spread.is_some_and(|(spread, _)| spread < depth);
            fields.push(F::minimal(if is_spread { 1 } else { self.bytes }));
        }
        F::message(&fields)
    }

    fn values<F: Format>(
        &self,
        depth: usize,
        number: usize,
        make: &dyn Fn(usize) -> Vec<Vec<u8>>,
    ) -> Vec<Vec<u8>> {
        let numbers = match self.spread {
            Some((spread, count)) if spread == depth => 0..count,
            _ => number..number + 1,
        };
        let below = numbers.map(|number| self.message::<F>(depth + 1, number, make));
        let is_of_resource = depth == 2 && self.path.0[1].name == "resource";
        let service = (is_of_resource && self.path.0[2].name == "attributes").then(F::service);
        service.into_iter().chain(below).collect()
    }
}
