//! The naive model of the clustering: a list of ways and patterns that is searched from end to end, without bounds.

use super::tokens::{ANY, Tokens, looks_like_an_id};

/// A list of clusters.
#[derive(Debug, Default)]
pub struct Model {
    clusters: Vec<(Vec<String>, Vec<String>)>,
}

impl Model {
    /// What `SpanNames::pattern` must answer.
    pub fn pattern(&mut self, name: &str) -> String {
        let mut ends = Vec::new();
        let Some(tokens) = Tokens::cut(name, &mut ends) else {
            return name.to_owned();
        };
        let tokens: Vec<String> = tokens.iter().map(str::to_owned).collect();
        let branches: Vec<&str> = tokens[..tokens.len() - 1].iter().take(27).map(branch).collect();
        let position = self
            .search(&branches, &tokens)
            .unwrap_or_else(|| self.insert(&branches, &tokens));
        let pattern = &mut self.clusters[position].1;
        for (own, other) in pattern.iter_mut().zip(&tokens) {
            if own != other {
                ANY.clone_into(own);
            }
        }
        pattern.concat()
    }

    pub fn clusters(&self) -> usize {
        self.clusters.len()
    }

    fn search(&self, branches: &[&str], tokens: &[String]) -> Option<usize> {
        let mut way: Vec<String> = Vec::new();
        for branch in branches {
            let next = [*branch, ANY].map(|branch| [way.as_slice(), &[branch.to_owned()]].concat());
            way = next.into_iter().find(|way| self.leads_on(way, tokens.len()))?;
        }
        let mut best = None;
        for (position, (own_way, pattern)) in self.clusters.iter().enumerate() {
            if *own_way == way && pattern.len() == tokens.len() {
                let equal = pattern.iter().zip(tokens).filter(|(own, other)| own == other);
                let wildcards = pattern.iter().filter(|token| *token == ANY);
                let likeness = (equal.count(), wildcards.count());
                if best.is_none_or(|(best, _)| likeness > best) {
                    best = Some((likeness, position));
                }
            }
        }
        let share = |equal: usize| f64::from(u32::try_from(equal * 100 / tokens.len()).unwrap());
        best.filter(|((equal, _), _)| share(*equal) >= 30.0)
            .map(|(_, position)| position)
    }

    fn leads_on(&self, way: &[String], tokens: usize) -> bool {
        self.clusters
            .iter()
            .any(|(own, pattern)| pattern.len() == tokens && own.starts_with(way))
    }

    fn insert(&mut self, branches: &[&str], tokens: &[String]) -> usize {
        let way = branches.iter().map(|branch| (*branch).to_owned()).collect();
        self.clusters.push((way, tokens.to_vec()));
        self.clusters.len() - 1
    }
}

fn branch(token: &String) -> &str {
    if token == ANY || looks_like_an_id(token) {
        ANY
    } else {
        token
    }
}
