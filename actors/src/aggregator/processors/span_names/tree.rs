//! The tree that leads from a name to the few clusters that it can belong to: by token count, then token by token.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use slab::Slab;

use super::tokens::{ANY, MOST_TOKENS, Tokens, looks_like_an_id};

/// The tree's levels: the root, the token counts, the tokens, and the clusters (SPEC §7).
const DEPTH: usize = 30;

/// How many tokens lead the way; later ones only count for likeness.
const LEADING_TOKENS: usize = DEPTH - 3;

/// The most branches of a node; one of them is kept for `<_>`.
pub const MOST_CHILDREN: usize = 1_000;

/// Nodes, the first of which are the roots of each token count.
#[derive(Debug)]
pub struct Tree {
    nodes: Slab<Node>,
    roots: Vec<usize>,
}

#[derive(Debug, Default)]
struct Node {
    /// The node above and the branch that leads here; none for roots, which stay for ever.
    above: Option<(usize, Arc<str>)>,
    children: HashMap<Arc<str>, usize, RandomState>,
    clusters: Vec<usize>,
}

impl Default for Tree {
    fn default() -> Self {
        let mut nodes = Slab::new();
        let roots = (0..=MOST_TOKENS).map(|_| nodes.insert(Node::default())).collect();
        Self { nodes, roots }
    }
}

impl Tree {
    /// The leaf where clusters that `name` can belong to hang; `None` when there are none.
    #[must_use]
    pub fn find(&self, name: Tokens<'_>) -> Option<usize> {
        let root = *self.roots.get(name.len())?;
        leading(name).try_fold(root, |node, branch| {
            let children = &self.nodes.get(node)?.children;
            children.get(branch).or_else(|| children.get(ANY)).copied()
        })
    }

    /// The leaf for `name`, made where it is missing; `None` when a name has too many tokens.
    pub fn grow(&mut self, name: Tokens<'_>) -> Option<usize> {
        let root = *self.roots.get(name.len())?;
        leading(name).try_fold(root, |node, branch| self.child(node, branch))
    }

    /// The leaf at the end of `way` for names of so many tokens, made where it is missing; `None` for too many tokens or too
    /// long a way.
    pub fn grow_way<'a>(
        &mut self,
        tokens: usize,
        mut way: impl ExactSizeIterator<Item = &'a str>,
    ) -> Option<usize> {
        let root = *self.roots.get(tokens)?;
        if way.len() > LEADING_TOKENS {
            return None;
        }
        way.try_fold(root, |node, branch| self.child(node, branch))
    }

    /// Every leaf that has clusters, with the token count of its names and the way that leads to it.
    pub fn leaves(&self) -> impl Iterator<Item = (usize, usize, Vec<Arc<str>>)> {
        let leaves = self.nodes.iter().filter(|(_, node)| !node.clusters.is_empty());
        leaves.map(|(leaf, _)| {
            let (root, way) = self.way_to(leaf);
            let tokens = self.roots.iter().position(|each| *each == root);
            (leaf, tokens.unwrap_or_default(), way)
        })
    }

    /// The root above `leaf`, and the branches from there on.
    fn way_to(&self, leaf: usize) -> (usize, Vec<Arc<str>>) {
        let (mut node, mut way) = (leaf, Vec::new());
        while let Some((above, branch)) = self.nodes.get(node).and_then(|node| node.above.as_ref()) {
            way.push(Arc::clone(branch));
            node = *above;
        }
        way.reverse();
        (node, way)
    }

    /// The clusters of a leaf.
    #[must_use]
    pub fn clusters(&self, leaf: usize) -> &[usize] {
        self.nodes.get(leaf).map_or(&[], |node| &node.clusters)
    }

    /// Hangs a cluster on a leaf.
    pub fn hang(&mut self, leaf: usize, cluster: usize) {
        if let Some(node) = self.nodes.get_mut(leaf) {
            node.clusters.push(cluster);
        }
    }

    /// Takes a cluster off its leaf, and cuts the branches that lead to nothing any more.
    pub fn take_off(&mut self, leaf: usize, cluster: usize) {
        if let Some(node) = self.nodes.get_mut(leaf) {
            node.clusters.retain(|other| *other != cluster);
        }
        let mut next = Some(leaf);
        while let Some(node) = next {
            next = self.cut_if_bare(node);
        }
    }

    /// Gives back what was allocated for nodes and branches that are gone.
    pub fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        for (_, node) in &mut self.nodes {
            if node.children.capacity() > 2 * node.children.len() + 16 {
                node.children.shrink_to_fit();
            }
        }
    }

    /// The bytes that are allocated.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let of_node = |node: &Node| {
            let branch = node.above.as_ref().map_or(0, |(_, token)| token.len());
            branch + node.children.allocation_size() + node.clusters.capacity() * size_of::<usize>()
        };
        let nodes: usize = self.nodes.iter().map(|(_, node)| of_node(node)).sum();
        nodes + self.nodes.capacity() * size_of::<Node>()
    }

    /// Removes a node that has neither children nor clusters; gives the node above.
    fn cut_if_bare(&mut self, node: usize) -> Option<usize> {
        let bare = self.nodes.get(node)?;
        if !bare.children.is_empty() || !bare.clusters.is_empty() {
            return None;
        }
        let (above, branch) = bare.above.clone()?;
        self.nodes.remove(node);
        self.nodes.get_mut(above)?.children.remove(&branch);
        Some(above)
    }

    /// The child behind `branch`, or behind `<_>` when a node has no room for one more branch.
    fn child(&mut self, node: usize, branch: &str) -> Option<usize> {
        let children = &self.nodes.get(node)?.children;
        let named = children.len() - usize::from(children.contains_key(ANY));
        let room = named < MOST_CHILDREN - 1 || children.contains_key(branch);
        let branch = if room { branch } else { ANY };
        match children.get(branch) {
            Some(child) => Some(*child),
            None => self.branch_off(node, Arc::from(branch)),
        }
    }

    fn branch_off(&mut self, node: usize, branch: Arc<str>) -> Option<usize> {
        let child = self.nodes.vacant_key();
        let children = &mut self.nodes.get_mut(node)?.children;
        children.insert(Arc::clone(&branch), child);
        Some(self.nodes.insert(Node {
            above: Some((node, branch)),
            ..Node::default()
        }))
    }

    #[cfg(test)]
    pub fn most_children(&self) -> usize {
        let children = self.nodes.iter().map(|(_, node)| node.children.len());
        children.max().unwrap_or(0)
    }

    #[cfg(test)]
    pub fn nodes(&self) -> usize {
        self.nodes.len() - self.roots.len()
    }
}

/// The branches that lead to a name's leaf. The end mark is none: it is the same in all names.
fn leading<'a>(name: Tokens<'a>) -> impl Iterator<Item = &'a str> {
    let leading = LEADING_TOKENS.min(name.len().saturating_sub(1));
    let branch = |token| if looks_like_an_id(token) { ANY } else { token };
    name.iter().take(leading).map(branch)
}
