//! The disk in memory does what the machine's file system does, as long as nothing is to fail.

use std::io::ErrorKind;
use std::path::Path;

use proptest::prelude::*;

use super::memory::MemoryDisk;
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Write { file: u8, offset: u64, bytes: Vec<u8> },
    Read { file: u8, offset: u64, bytes: usize },
    Remove(u8),
    List,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        2 => (0..4_u8).prop_map(Step::Create),
        4 => (0..4_u8, 0..50_u64, bytes).prop_map(|(file, offset, bytes)| Step::Write { file, offset, bytes }),
        4 => (0..4_u8, 0..80_u64, 0..80_usize).prop_map(|(file, offset, bytes)| Step::Read { file, offset, bytes }),
        1 => (0..4_u8).prop_map(Step::Remove),
        1 => Just(Step::List),
    ]
}

/// What came of a step, as far as it can be compared.
type Outcome = Result<(Vec<u8>, Vec<FileEntry>), ErrorKind>;

fn outcome(disk: &dyn Disk, folder: &Path, step: &Step) -> Outcome {
    let path = |file: &u8| folder.join(file.to_string());
    let done = match step {
        Step::Create(file) => disk.create(&path(file)).map(|_| (vec![], vec![])),
        Step::Remove(file) => disk.remove(&path(file)).map(|()| (vec![], vec![])),
        Step::List => disk.list(folder).map(|files| (vec![], files)),
        Step::Write { file, offset, bytes } => {
            let file = disk.open_to_write(&path(file));
            file.and_then(|file| {
                file.write_at(*offset, bytes)?;
                file.sync()?;
                Ok((file.bytes()?.to_le_bytes().to_vec(), vec![]))
            })
        }
        Step::Read { file, offset, bytes } => disk.open(&path(file)).and_then(|file| {
            let mut buffer = vec![0; *bytes];
            let read = read_fully(file.as_ref(), *offset, &mut buffer)?;
            buffer.truncate(read);
            Ok((buffer, vec![]))
        }),
    };
    done.map_err(|error| error.source.kind())
}

proptest! {
    #[test]
    fn both_disks_do_the_same(steps in proptest::collection::vec(step(), 0..60), short: bool) {
        let real = tempfile::tempdir().unwrap();
        let memory = MemoryDisk::default();
        memory.set_short_reads(short);
        for step in steps {
            let in_memory = outcome(&memory, Path::new("state"), &step);
            prop_assert_eq!(outcome(&SystemDisk, real.path(), &step), in_memory, "{:?}", step);
        }
    }
}
