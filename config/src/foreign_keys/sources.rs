//! Ways of spans into Tempo that spangraph does not have: a file by which no span would come is refused.

use crate::document::{Document, Path};
use crate::mistake::Mistake;

const RECEIVERS: &str = "distributor.receivers";

/// Receivers whose senders meet a closed port.
const LISTENING: &[&str] = &["jaeger", "opencensus", "zipkin"];

/// The receivers besides OTLP, by their block.
pub(super) const KEYS: &[(&str, &[&str])] = &[(RECEIVERS, &["jaeger", "kafka", "opencensus", "zipkin"])];

/// Takes the other ways out of `document`. Those by which spans would be lost unseen become `mistakes`; what is said of the
/// others comes back.
pub(super) fn take_out(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Vec<String> {
    let mut notices = Vec::new();
    notices.extend(take_out_kafka(document, mistakes));
    notices.extend(take_out_receivers(document, mistakes));
    notices
}

/// Beside OTLP such receivers are told; alone they are refused, as whoever wrote them counts on their spans.
fn take_out_receivers(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let block = Path::of_keys(RECEIVERS);
    let present = document.keys_present(&block, LISTENING);
    let has_otlp = !document.keys_present(&block, &["otlp"]).is_empty();
    let paths: Vec<Path> = present.iter().map(|key| block.key(key)).collect();
    if !has_otlp {
        let message = "only OTLP is received, so none of these spans would come: let OTLP be sent, or put a Collector \
                       between, and name the receiver otlp";
        mistakes.extend(paths.iter().map(|path| document.mistake_at_key(path, message)));
    }
    paths.iter().for_each(|path| document.remove(path));
    let names: Vec<String> = paths.iter().map(Path::to_string).collect();
    (has_otlp && !names.is_empty()).then(|| {
        format!(
            "{}: only OTLP is received, so nothing listens for these senders; let them send OTLP, or put a Collector between",
            names.join(", ")
        )
    })
}

/// Spans wait in a topic where nobody sees that they are not read. Only a file whose spans come by OTLP as well, since
/// Tempo's forwarders send them, is taken.
fn take_out_kafka(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let receiver = Path::of_keys(RECEIVERS).key("kafka");
    if !document
        .keys_present(&Path::of_keys(RECEIVERS), &["kafka"])
        .is_empty()
    {
        let message = "spans in Kafka are not read yet, so none would come: send OTLP, and leave this out";
        mistakes.push(document.mistake_at_key(&receiver, message));
        document.remove(&receiver);
    }
    let in_use = topic_in_use(document);
    let has_forwarders = !document
        .keys_in_use(&Path::of_keys("distributor"), &["forwarders"])
        .is_empty();
    in_use.and_then(|path| {
        let message = "spans in Kafka are not read yet, so none would come: let a forwarder of distributor.forwarders send \
                       them by OTLP, or leave this out when something else does";
        let mistake = document.mistake_at_key(&path, message);
        document.remove(&Path::of_keys("ingest"));
        if has_forwarders {
            return Some(format!(
                "{path}: spans in Kafka are not read yet; those that distributor.forwarders send by OTLP are"
            ));
        }
        mistakes.push(mistake);
        None
    })
}

/// The key that says that spans are read from a topic.
fn topic_in_use(document: &Document) -> Option<Path> {
    let ingest = Path::of_keys("ingest");
    let is_off = !document.keys_present(&ingest, &["enabled"]).is_empty()
        && document.keys_in_use(&ingest, &["enabled"]).is_empty();
    let names_topic = !document
        .keys_in_use(&ingest.key("kafka"), &["address", "topic"])
        .is_empty();
    let generator = Path::of_keys("metrics_generator");
    let consumes = !document
        .keys_in_use(&generator, &["consume_from_kafka"])
        .is_empty();
    if names_topic && !is_off {
        Some(ingest.key("kafka"))
    } else if consumes {
        Some(generator.key("consume_from_kafka"))
    } else {
        None
    }
}
