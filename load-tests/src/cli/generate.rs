//! Writes traffic to a file of frames.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use clap::Args;

use crate::traffic::{Frame, FrameWriter, FramesHeader, Round, Shape, Stamp};

/// What is written.
#[derive(Args, Debug)]
pub struct GenerateOptions {
    /// The traffic.
    #[command(flatten)]
    pub shape: Shape,
    /// The file.
    #[arg(long)]
    pub out: PathBuf,
    /// How often the round is written, each time with other ids and later times.
    #[arg(long, default_value_t = 1)]
    pub rounds: u32,
    /// Milliseconds from one round to the next; its requests arrive evenly in between.
    #[arg(long, default_value_t = 1_000)]
    pub round_milliseconds: u32,
    /// Milliseconds that late halves come after their place, and duplicates after them.
    #[arg(long, default_value_t = 6_000)]
    pub late_milliseconds: u32,
    /// What times go by, in nanoseconds since the Unix epoch; 0 makes the file depend on the options alone.
    #[arg(long, default_value_t = 0)]
    pub base_time: u64,
}

/// Where one delivery of one round stands.
struct Place {
    arrival_milliseconds: u32,
    round: u32,
    request: usize,
}

/// Writes the file.
pub(super) fn generate(options: &GenerateOptions) -> anyhow::Result<()> {
    let round = Round::new(&options.shape)?;
    let header = FramesHeader {
        shape: options.shape.clone(),
        base_unix_nanoseconds: options.base_time,
    };
    let mut writer = FrameWriter::new(BufWriter::new(File::create(&options.out)?), &header)?;
    for place in places(&round, options) {
        let Some(template) = round.template(place.request) else {
            continue;
        };
        let milliseconds = u64::from(place.round) * u64::from(options.round_milliseconds);
        let base = options.base_time.wrapping_add(milliseconds * 1_000_000);
        let stamp = Stamp::of_round(options.shape.seed, place.round.into(), base);
        writer.write(&Frame {
            arrival_milliseconds: place.arrival_milliseconds,
            request: template.stamped(&stamp),
        })?;
    }
    writer.finish()
}

/// All deliveries in the order of their arrival.
fn places(round: &Round, options: &GenerateOptions) -> Vec<Place> {
    let deliveries = round.deliveries();
    let each = options.round_milliseconds as usize;
    let mut places = Vec::new();
    for number in 0..options.rounds {
        for (position, delivery) in deliveries.iter().enumerate() {
            let within = u32::try_from(each * position / deliveries.len().max(1)).unwrap_or(u32::MAX);
            let late = delivery.delays * options.late_milliseconds;
            places.push(Place {
                arrival_milliseconds: number * options.round_milliseconds + within + late,
                round: number,
                request: delivery.request,
            });
        }
    }
    places.sort_by_key(|place| place.arrival_milliseconds);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::replay;

    #[test]
    fn the_same_options_give_the_same_file_which_can_be_replayed() {
        let folder = tempfile::tempdir().unwrap();
        let options = |name: &str| GenerateOptions {
            shape: Shape {
                services: 4,
                late: 0.1,
                duplicates: 0.2,
                ..Shape::default()
            },
            out: folder.path().join(name),
            rounds: 2,
            round_milliseconds: 1_000,
            late_milliseconds: 6_000,
            base_time: 0,
        };
        let (one, two) = (options("one"), options("two"));
        generate(&one).unwrap();
        generate(&two).unwrap();
        assert!(std::fs::read(&one.out).unwrap() == std::fs::read(&two.out).unwrap());
        let (made, replayed) = (Round::new(&one.shape).unwrap(), replay::round(&one.out).unwrap());
        assert_eq!(replayed.deliveries().len(), 2 * made.deliveries().len());
        assert!(
            replayed.spans() > 2 * made.spans(),
            "duplicates are frames of their own"
        );
    }
}
