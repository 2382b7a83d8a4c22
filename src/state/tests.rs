//! What the command says of a folder.

use std::sync::Arc;

use spangraph_config::Config;
use spangraph_storage::epochs::{BlockKey, Cut, EndpointKey, EpochStore, StoreLimits, TenantKey};
use spangraph_storage::span_log::{Request, SpanLog, SpanLogLimits};

use super::*;

/// A folder with one epoch of one block and three waiting samples.
fn kept() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(FolderLock::take(folder.path()).unwrap());
    let opened = EpochStore::open(Arc::new(SystemDisk), folder.path(), StoreLimits::default());
    let (mut store, _) = opened.unwrap();
    let tenant = TenantKey::of("shop");
    // As `TenantId` lies on the disk: a protobuf message whose field 1 is the id.
    let name = [&[10, 4], b"shop".as_slice()].concat();
    let cut = Cut {
        unix_milliseconds: 15_000,
        content_version: 1,
    };
    let mut writer = store.begin(cut).unwrap();
    let key = BlockKey {
        tenant,
        table: 0,
        block: 0,
    };
    writer.put_block(key, &[7; 5000]).unwrap();
    let of_names = BlockKey {
        table: u32::MAX,
        ..key
    };
    writer.put_block(of_names, &name).unwrap();
    let name = "store".to_owned();
    let endpoint = EndpointKey { tenant, name };
    writer.put_samples(endpoint, 15_000, 3, b"samples").unwrap();
    store.commit(writer).unwrap();
    folder
}

#[test]
fn info_tells_how_much_there_is_and_whose() {
    let folder = kept();
    let (told, is_well) = info(folder.path()).unwrap();
    assert!(is_well);
    for expected in [
        "epoch: 1, cut at 1970-01-01T00:00:15",
        "tenant shop: 2 blocks of",
        "endpoint store of tenant shop: 3 samples wait",
    ] {
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_check_says_what_is_damaged_and_what_to_do() {
    let folder = kept();
    assert!(check(folder.path()).unwrap().1);
    let files = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
    let segment = files.map(|file| file.path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("segment")
    });
    let segment = segment.unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert!(!info(folder.path()).unwrap().1);
    let (told, is_whole) = check(folder.path()).unwrap();
    assert!(!is_whole);
    let name = segment.file_name().unwrap().to_string_lossy();
    assert!(
        told.contains(&*name) && told.contains("offset") && told.contains("state reset"),
        "{told}"
    );
}

#[test]
fn a_copy_without_its_lock_file_is_told_of_and_left_as_it_is() {
    let folder = kept();
    std::fs::remove_file(folder.path().join(LOCK_FILE)).unwrap();
    let files = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let file = |file: std::fs::DirEntry| (file.path(), file.metadata().unwrap().modified().unwrap());
        files.map(file).collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = files();
    for (told, is_well) in [info(folder.path()).unwrap(), check(folder.path()).unwrap()] {
        assert!(is_well && told.contains("it could not be locked"), "{told}");
    }
    assert_eq!(files(), before);
}

#[test]
fn a_reset_leaves_nothing_that_a_start_would_find() {
    let folder = kept();
    assert!(reset(folder.path()).unwrap().contains("removed"));
    assert!(info(folder.path()).unwrap().0.contains("none was kept yet"));
}

#[test]
fn a_folder_that_a_server_has_is_left_alone() {
    let folder = kept();
    let _server = FolderLock::take(folder.path()).unwrap();
    for refused in [info(folder.path()).map(drop), reset(folder.path()).map(drop)] {
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("in use by another server")
        );
    }
    let nowhere = folder.path().join("nowhere");
    assert!(info(&nowhere).unwrap_err().to_string().contains("is no folder"));
    assert!(!nowhere.exists());
    let other = tempfile::tempdir().unwrap();
    assert!(
        check(other.path())
            .unwrap_err()
            .to_string()
            .contains("there is no state in")
    );
    assert_eq!(
        std::fs::read_dir(other.path()).unwrap().count(),
        0,
        "it is left as it is"
    );
}

#[test]
fn the_folder_is_the_named_one_or_that_of_the_configuration() {
    let settings = |text: &str| Config::from_yaml(text).unwrap().server();
    let configured = settings("spangraph: {durability: {path: /var/lib/spangraph}}");
    let named = |path: &str| Some(PathBuf::from(path));
    assert_eq!(folder(named("here"), &configured).unwrap(), PathBuf::from("here"));
    assert_eq!(
        folder(None, &configured).unwrap(),
        PathBuf::from("/var/lib/spangraph")
    );
    let missing = folder(None, &settings("")).unwrap_err().to_string();
    assert!(missing.contains("spangraph.durability.path"), "{missing}");
}

/// A log of three requests below `folder`.
fn with_log(folder: &Path) {
    let limits = SpanLogLimits {
        segment_bytes: 1 << 20,
        most_bytes: 1 << 20,
        kept_free_bytes: 0,
        kept_milliseconds: 0,
        writes_through: false,
    };
    let mut log = SpanLog::open(Arc::new(SystemDisk), &folder.join(LOG_FOLDER), limits).unwrap();
    for _ in 0..3 {
        let request = Request {
            tenant: "shop",
            stamp_unix_milliseconds: 15_000,
            encoding: 0,
            body: &[7; 100],
        };
        log.append(&request).unwrap();
        log.sync().unwrap();
    }
}

#[test]
fn the_span_log_is_told_of_checked_and_removed_alone() {
    let folder = kept();
    with_log(folder.path());
    let (told, is_well) = info(folder.path()).unwrap();
    assert!(
        is_well && told.contains("in 1 files, 3 requests that no epoch has"),
        "{told}"
    );
    let file = std::fs::read_dir(folder.path().join(LOG_FOLDER)).unwrap();
    let file = file.last().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (told, is_well) = check(folder.path()).unwrap();
    assert!(!is_well && told.contains("reset --log"), "{told}");
    assert!(
        reset_log(folder.path())
            .unwrap()
            .contains("the span log of 1 files")
    );
    let (told, is_well) = info(folder.path()).unwrap();
    assert!(
        is_well && told.contains("epoch: 1") && told.contains("0 requests"),
        "{told}"
    );
}

#[test]
fn a_copy_of_a_log_that_no_epoch_was_made_of_yet_is_state() {
    let folder = tempfile::tempdir().unwrap();
    with_log(folder.path());
    for (told, is_well) in [info(folder.path()).unwrap(), check(folder.path()).unwrap()] {
        assert!(is_well && told.contains("none was kept yet"), "{told}");
    }
    let (told, _) = info(folder.path()).unwrap();
    assert!(told.contains("3 requests that no epoch has"), "{told}");
}
