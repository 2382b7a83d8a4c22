//! Tells which comments of a file are still beside their keys after the keys were moved.

use std::collections::HashMap;

use super::comments::Comment;
use crate::document::Path;
use crate::legacy_overrides::Move;

/// What became of comments; lines are counted from 1.
pub struct Kept {
    /// The lines of those that are beside another key now.
    pub parted: Vec<usize>,
    /// The lines of those that are gone.
    pub lost: Vec<usize>,
}

impl Kept {
    /// Compares the comments from before `moves` with those after.
    pub fn of(before: Vec<Comment<'_>>, after: Vec<Comment<'_>>, moves: &[Move]) -> Self {
        let moves: HashMap<String, &Path> = moves
            .iter()
            .map(|moved| (moved.from.to_string(), &moved.to))
            .collect();
        let mut places: HashMap<&str, Vec<Path>> = HashMap::new();
        for comment in after {
            places.entry(comment.text).or_default().push(comment.belongs_to);
        }
        let is_beside_its_key = |comment: &Comment<'_>| {
            let belongs_to = moved(&comment.belongs_to, &moves);
            let found = places.get_mut(comment.text);
            found.is_some_and(|places| take(places, |place| *place == belongs_to))
        };
        let (_, others): (Vec<_>, Vec<_>) = before.into_iter().partition(is_beside_its_key);
        let is_there = |comment: &Comment<'_>| {
            let found = places.get_mut(comment.text);
            found.is_some_and(|places| take(places, |_| true))
        };
        let (parted, lost): (Vec<_>, Vec<_>) = others.into_iter().partition(is_there);
        let lines = |comments: Vec<Comment<'_>>| comments.iter().map(|comment| comment.line + 1).collect();
        Self {
            parted: lines(parted),
            lost: lines(lost),
        }
    }
}

/// Where the key at `path` is after the moves.
fn moved(path: &Path, moves: &HashMap<String, &Path>) -> Path {
    let steps = path.steps();
    let above = |depth: usize| steps.iter().take(depth).cloned().collect::<Path>();
    let found = (1..=steps.len()).find_map(|depth| Some((depth, *moves.get(&above(depth).to_string())?)));
    match found {
        Some((depth, to)) => to.join(&steps.iter().skip(depth).cloned().collect()),
        None => path.clone(),
    }
}

/// Takes out the first place that `is_wanted`; whether there is one.
fn take(places: &mut Vec<Path>, is_wanted: impl Fn(&Path) -> bool) -> bool {
    let found = places.iter().position(is_wanted);
    found.map(|index| places.swap_remove(index)).is_some()
}
