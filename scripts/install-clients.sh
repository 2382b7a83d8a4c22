#!/bin/sh
# Installs the OpenTelemetry SDKs of other languages that tests/clients.rs runs, into the target folder.
set -eu
cd "$(dirname "$0")/.."
clients="${CARGO_TARGET_DIR:-target}/clients"
sources=tests/clients

# An installation is kept until what it was made from changes.
is_current() { [ -f "$1/installed-from" ] && cmp -s "$1/installed-from" "$2"; }

if ! is_current "$clients/python" "$sources/requirements.txt"; then
    rm -rf "$clients/python"
    mkdir -p "$clients"
    python3 -m venv "$clients/python"
    "$clients/python/bin/python" -m pip install --quiet --requirement "$sources/requirements.txt"
    cp "$sources/requirements.txt" "$clients/python/installed-from"
fi

if ! is_current "$clients/node" "$sources/package-lock.json"; then
    rm -rf "$clients/node"
    mkdir -p "$clients/node"
    cp "$sources/package.json" "$sources/package-lock.json" "$clients/node/"
    npm ci --prefix "$clients/node" --no-audit --no-fund --loglevel=error
    cp "$sources/package-lock.json" "$clients/node/installed-from"
fi

# Pages load the web SDK as one file.
NODE_PATH="$clients/node/node_modules" "$clients/node/node_modules/.bin/esbuild" "$sources/send_pair_web.mjs" \
    --bundle --log-level=warning --outfile="$clients/node/send_pair_web.js"
