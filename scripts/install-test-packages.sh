#!/bin/sh
# Installs the Debian packages that the tests run as neighbours of the server.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

missing=""
[ -x /usr/bin/prometheus ] || missing="$missing prometheus"
have chromium || missing="$missing chromium"
have chromedriver || missing="$missing chromium-driver"
have node && have npm || missing="$missing nodejs npm"
ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing="$missing libfaketime"
python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    if ! have sudo || ! sudo -n true 2>/dev/null; then
        echo "install these Debian packages first:$missing" >&2
        exit 1
    fi
fi
if ! have apt-get; then
    echo "install what these Debian packages hold first:$missing" >&2
    exit 1
fi

# An installed prometheus must not begin to serve by itself. Its service may be one of the administrator's,
# so only what this installation started is stopped.
$as_root apt-get update --quiet
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $missing
case "$missing" in
*prometheus*)
    if have systemctl && systemctl is-active --quiet prometheus 2>/dev/null; then
        $as_root systemctl disable --now prometheus
    elif [ -x /etc/init.d/prometheus ]; then
        $as_root /etc/init.d/prometheus stop || true
    fi
    ;;
esac
