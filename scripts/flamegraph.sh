#!/bin/sh
# Draws where the server's CPU time goes when spans come flat out over gRPC.
# Usage, in the project's folder: scripts/flamegraph.sh picture.svg
# Needs perf of the kernel's tools, and inferno: cargo install inferno --locked
set -eu

picture=${1:?name the picture to write}
# Frame pointers tell perf who called whom; a folder of their own keeps the usual build.
profiled=target/flamegraph
RUSTFLAGS='-C force-frame-pointers=yes' cargo build --release --locked --target-dir "$profiled" -p spangraph
cargo build --release --locked --target-dir target -p spangraph-load

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# perf watches the shell that becomes the server, and ends with it; it must be there before the first thread is.
cat >"$work/server" <<SERVER
#!/bin/sh
perf record --quiet -F 997 --call-graph fp -o '$work/perf' -p \$\$ >/dev/null 2>&1 &
sleep 1
exec '$profiled/release/spangraph' "\$@"
SERVER
chmod +x "$work/server"
target/release/spangraph-load cost --server "$work/server" --span-bytes 600 --spans 6000000 --repeat 1 --no-floors
# perf still writes what it has.
while pgrep -f "$work/perf" >/dev/null; do sleep 1; done

# Short names: no generics, no crate of ours, and no frames of runtimes and of entering the kernel.
perf script -i "$work/perf" 2>/dev/null | inferno-collapse-perf -q |
    sed -E ':generics; s/<[^<>;]*>//g; t generics
        s/^actix-rt\|system/actors/; s/spangraph_(actors|proto):://g
        :frames; s/;(std|core|alloc|tokio|futures_[a-z]*|actix[a-z_]*|hyper[a-z_]*|tower[a-z_]*|tonic|\[unknown\]|::|start_thread|clone3|__clone|entry_SYSCALL|do_syscall|__x64_sys|__GI_)[^; ]*([; ])/\2/; t frames' |
    inferno-flamegraph -q --title 'CPU time of the server' \
        --subtitle 'gRPC, uncompressed, 200 spans of 600 bytes a request' \
        --minwidth 0.3 --deterministic --colors rust --width 1400 --fonttype sans-serif >"$picture"
