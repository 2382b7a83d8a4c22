//! The keys whose change a running server cannot follow.

use spangraph_config::ServerSettings;

/// The keys of `new` that differ from those that the server was `started` with, and that are read at start only.
#[must_use]
pub fn needed_for(started: &ServerSettings, new: &ServerSettings) -> Vec<&'static str> {
    let mut rest = started.clone();
    let mut keys = Vec::new();
    let mut compare = |key, same: bool| keys.extend((!same).then_some(key));
    compare(
        "server.http_listen_address and http_listen_port",
        started.pages_endpoint == new.pages_endpoint,
    );
    compare("server.log_level", started.log_level == new.log_level);
    compare("server.log_format", started.log_format == new.log_format);
    compare(
        "multitenancy_enabled",
        started.multitenancy_enabled == new.multitenancy_enabled,
    );
    compare(
        "distributor.receivers.otlp or spangraph.receivers",
        started.grpc == new.grpc && started.http == new.http,
    );
    compare(
        "spangraph.ingest, matcher, aggregator or writer",
        started.actors == new.actors,
    );
    compare("spangraph.admission", started.admission == new.admission);
    compare("spangraph.durability", started.durability == new.durability);
    rest.pages_endpoint.clone_from(&new.pages_endpoint);
    rest.log_level.clone_from(&new.log_level);
    rest.log_format = new.log_format;
    rest.multitenancy_enabled = new.multitenancy_enabled;
    (rest.grpc, rest.http) = (new.grpc.clone(), new.http.clone());
    (rest.actors, rest.admission) = (new.actors, new.admission);
    rest.durability.clone_from(&new.durability);
    // It is looked at when the stop begins.
    rest.stop_deadline = new.stop_deadline;
    compare("other settings of the process", rest == *new);
    keys
}

#[cfg(test)]
mod tests {
    use spangraph_config::Config;

    use super::*;

    fn needed(text: &str) -> Vec<&'static str> {
        let started = Config::from_yaml("").unwrap().server();
        needed_for(&started, &Config::from_yaml(text).unwrap().server())
    }

    #[test]
    fn settings_of_tenants_need_no_restart() {
        for text in [
            "metrics_generator: {processor: {service_graphs: {wait: 3s}}}",
            "spangraph: {stop: {deadline: 3s}}",
        ] {
            assert_eq!(needed(text), Vec::<&str>::new());
        }
    }

    #[test]
    fn each_setting_of_the_process_is_named() {
        let cases = [
            (
                "server: {http_listen_port: 1}",
                "server.http_listen_address and http_listen_port",
            ),
            ("server: {log_level: warn}", "server.log_level"),
            ("server: {log_format: json}", "server.log_format"),
            ("multitenancy_enabled: true", "multitenancy_enabled"),
            (
                "spangraph: {receivers: {body_timeout: 1s}}",
                "distributor.receivers.otlp or spangraph.receivers",
            ),
            (
                "spangraph: {matcher: {mailbox: 7}}",
                "spangraph.ingest, matcher, aggregator or writer",
            ),
            ("spangraph: {admission: {max_spans: 7}}", "spangraph.admission"),
        ];
        for (text, key) in cases {
            assert_eq!(needed(text), [key], "{text}");
        }
    }
}
