//! Every seed passes its target: what a fuzzer once found is a seed, so it stays mended.

use std::fs;
use std::path::Path;

use spangraph_fuzz::TARGETS;

#[test]
fn every_seed_passes_its_target() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        let seeds: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|seed| seed.unwrap().path())
            .collect();
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for seed in seeds {
            println!("{}", seed.display());
            target(&fs::read(&seed).unwrap());
        }
    }
}

#[test]
fn every_target_is_a_program_and_the_other_way_round() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/targets/Cargo.toml")).unwrap();
    let programs = manifest
        .lines()
        .filter(|line| line.starts_with("path = \"src/"))
        .count();
    assert_eq!(programs, TARGETS.len());
    for (name, _) in TARGETS {
        assert!(
            manifest.contains(&format!("path = \"src/{name}.rs\"")),
            "{name} is no program"
        );
    }
}
