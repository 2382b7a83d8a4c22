//! Whether two documents say the same, wherever it stands in their files.

use super::Document;
use super::node::{Content, Node};

impl Document {
    /// Whether `other` has the same keys and values; what is left out, written without a value, and an empty block that was
    /// taken out are the same, and the order of keys does not matter.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.are_same(&self.root, other, &other.root)
    }

    fn are_same(&self, own: &Node, other: &Self, others: &Node) -> bool {
        match (&own.content, &others.content) {
            (Content::Null | Content::Removed, Content::Null | Content::Removed) => true,
            (Content::Text(own), Content::Text(others)) => own == others,
            (Content::List(_), Content::List(_)) => {
                own.items().count() == others.items().count()
                    && own
                        .items()
                        .zip(others.items())
                        .all(|((_, own), (_, others))| self.are_same(own, other, others))
            }
            (Content::Mapping(_), Content::Mapping(_)) => {
                let keys = own.entries().chain(others.entries()).map(|entry| &entry.key);
                let nothing = Node::empty();
                keys.into_iter().all(|key| {
                    let own = own.entry(key).map_or(&nothing, |entry| &entry.value);
                    let others = others.entry(key).map_or(&nothing, |entry| &entry.value);
                    self.are_same(own, other, others)
                })
            }
            // The text, too: `007` as a label's value is another one than `7`.
            (own_scalar, others_scalar) => {
                std::mem::discriminant(own_scalar) == std::mem::discriminant(others_scalar)
                    && self.scalar_as_written(own) == other.scalar_as_written(others)
            }
        }
    }
}
