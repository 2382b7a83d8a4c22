//! Puts environment variables into the values of a document that was read, so that none can change its structure.

use super::Document;
use super::node::{Content, Node};
use super::path::Path;
use super::yaml;
use crate::environment::{Environment, Unexpandable};
use crate::mistake::Mistake;

impl Document {
    /// Puts the variables of `environment` into every value, but not into keys and not below
    /// `write_relabel_configs`. What cannot be expanded is told to `mistakes` and taken out.
    pub fn expand(&mut self, environment: &Environment, mistakes: &mut Vec<Mistake>) {
        let mut failed = Vec::new();
        expand(&mut self.root, &Path::default(), environment, &mut failed);
        mistakes.extend(
            failed
                .iter()
                .map(|(path, why)| self.mistake(path, why.to_string())),
        );
        // From the end, as the numbers of later items change.
        for (path, _) in failed.iter().rev() {
            self.remove(path);
        }
    }
}

fn expand(node: &mut Node, path: &Path, environment: &Environment, failed: &mut Vec<(Path, Unexpandable)>) {
    match &mut node.content {
        Content::Text(text) => match environment.expand(text) {
            Ok(expanded) if expanded == text.as_str() => {}
            Ok(expanded) => {
                let expanded = expanded.into_owned();
                node.content = yaml::scalar(&expanded);
                node.expanded = Some(expanded);
            }
            Err(why) => failed.push((path.clone(), why)),
        },
        Content::Mapping(entries) => {
            let entries = entries.values_mut().filter(|entry| entry.value.is_present());
            for entry in entries.filter(|entry| entry.key != Environment::NOT_BELOW) {
                expand(&mut entry.value, &path.key(&entry.key), environment, failed);
            }
        }
        Content::List(items) => {
            let items = items.iter_mut().filter(|item| item.is_present());
            for (index, item) in items.enumerate() {
                expand(item, &path.item(index), environment, failed);
            }
        }
        _ => {}
    }
}
