//! How long the disk itself takes to sync a little that was appended: no answer that waits for it is faster.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// About a request of 200 spans.
const BYTES: usize = 128 * 1024;

/// Appends to a file in `folder` and syncs it, so many times; the seconds of each.
///
/// # Errors
/// When the file cannot be made, written or synced.
pub(super) async fn disk_syncs(folder: &Path, times: u32) -> anyhow::Result<Vec<f64>> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || sync_again_and_again(&folder, times)).await?
}

fn sync_again_and_again(folder: &Path, times: u32) -> anyhow::Result<Vec<f64>> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    // Not all alike, so that no disk saves itself the work.
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(BYTES).collect();
    let mut seconds = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    drop(file);
    std::fs::remove_file(&path)?;
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_sync_takes_some_time_and_nothing_is_left_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let seconds = disk_syncs(folder.path(), 3).await.unwrap();
        assert!(
            seconds.len() == 3 && seconds.iter().all(|each| *each > 0.0),
            "{seconds:?}"
        );
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
