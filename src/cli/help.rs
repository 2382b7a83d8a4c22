//! What the help says after commands and flags: files, variables, exit status and examples.

/// After the program's own.
pub const PROGRAM: &str = "\
Tempo's own flags -config.file and -log.level are understood as well, with one dash.

Configuration:
  Grafana Tempo's own YAML layout. `spangraph print-config --defaults` prints every key with its default. Commands and
  flags win over the file.

Environment:
  RUST_LOG  which lines are logged, over --log-level, such as info,spangraph_actors=debug
  NO_COLOR  when it is set, help has no colours

Exit status:
  0  the command did what it is for; the server wrote all that it had accepted
  1  it did not, and the reason is on standard error
  2  the command line makes no sense

Examples:
  spangraph demo                                  try it: look at http://127.0.0.1:3200
  spangraph --config spangraph.yaml               serve
  spangraph validate spangraph.yaml               check a file before it is used
  spangraph print-config --diff --config f.yaml   what f.yaml changes";

/// After `serve`.
pub const SERVE: &str = "\
Exit status:
  0    it was asked to stop and wrote all that it had accepted
  1    it could not start, a part of it failed, or something could not be written in time
  130  it was asked to stop twice";

/// After `validate`.
pub const VALIDATE: &str = "\
Exit status:
  0  the file can be used; what has no effect in it is told as a note
  1  it cannot; each mistake is a line with its place: line 12, column 5: KEY: what is wrong

Examples:
  spangraph validate spangraph.yaml
  spangraph validate tenants.yaml                                an override file alone
  spangraph validate spangraph.yaml --overrides tenants.yaml     an override file before it is put in place";

/// After `migrate-overrides`.
pub const MIGRATE_OVERRIDES: &str = "\
Exit status:
  0  the file is printed, or written with --in-place; what could not be kept is told on standard error
  1  it could not be followed; each mistake is a line with its place

Examples:
  spangraph migrate-overrides tempo.yaml > new.yaml
  spangraph migrate-overrides --in-place overrides.yaml";

/// After `print-config`.
pub const PRINT_CONFIG: &str = "\
What is printed can be used as a file again, unless it held secrets.

Examples:
  spangraph print-config --defaults > spangraph.yaml   begin with every key
  spangraph print-config --diff --config old.yaml      keep only what matters";

/// After `healthcheck`.
pub const HEALTHCHECK: &str = "\
Exit status:
  0  the server takes spans
  1  it does not, or does not answer; the reason is on standard error

Examples:
  spangraph healthcheck --config /etc/spangraph.yaml
  spangraph healthcheck --url http://127.0.0.1:3200/ready --timeout 1

In a Dockerfile:
  HEALTHCHECK CMD [\"spangraph\", \"healthcheck\", \"--url\", \"http://127.0.0.1:3200/ready\"]";

/// After `state`.
pub const STATE: &str = "\
Exit status:
  0  it was done, and nothing is damaged
  1  a server has the folder, it cannot be read, or something in it is damaged

Examples:
  spangraph state info --config /etc/spangraph.yaml
  spangraph state check --path /var/lib/spangraph
  spangraph state reset --path /var/lib/spangraph";

/// After `completions`.
pub const COMPLETIONS: &str = "\
Examples:
  source <(spangraph completions bash)
  spangraph completions zsh > \"${fpath[1]}/_spangraph\"
  spangraph completions fish > ~/.config/fish/completions/spangraph.fish";
