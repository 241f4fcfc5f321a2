#!/usr/bin/env bash
# A real browser on this machine, for the tests of the portal and of lists that scripts make:  .ci/chromium.sh
#
# Chromium and a Chinese typeface come from Debian, by root; where `chromium` is there already nothing is done.
# Ends with 0 when a browser starts, with 3 and a line that says SKIPPED when none is to be had, with 1 when one is there and shows nothing.
set -euo pipefail

say() { echo "chromium: $*"; }

skip() {
    say "SKIPPED: $*; the tests in a browser will be skipped" >&2
    exit 3
}

# A mirror that is not there is told at once.
APT=(-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120)

# That it is installed says little: it is asked to show a page.
starts() {
    local profile shown
    profile=$(mktemp -d)
    shown=$(timeout --kill-after=5 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$profile" \
        --dump-dom 'data:text/html;charset=utf-8,<p>预算</p>' 2>/dev/null </dev/null) || true
    rm -rf "$profile"
    [[ $shown == *预算* ]]
}

if ! command -v chromium >/dev/null; then
    command -v apt-get >/dev/null || skip "no chromium is here and no apt-get to install it with"
    [ "$(id -u)" = 0 ] || skip "no chromium is here and only root can install it"
    say "Chromium and a Chinese typeface from Debian"
    apt-get "${APT[@]}" update || skip "Debian's lists of packages cannot be had"
    DEBIAN_FRONTEND=noninteractive apt-get "${APT[@]}" install -y --no-install-recommends chromium fonts-noto-cjk >/dev/null ||
        skip "it could not be installed"
fi
if ! starts; then
    say "$(command -v chromium) is there and shows no page; the tests in a browser will fail" >&2
    exit 1
fi
say "$(chromium --version 2>/dev/null)"
