#!/bin/sh
# Installs Chromium's headless shell for the browser's tests where root and apt are there, and a font with Korean
# letters where no font has them: without one the pictures of pages show boxes. An installed Chromium or Chrome does
# too, but takes about twice as long.
set -eu

missing=""
if ! command -v chromium-headless-shell >/dev/null; then
	missing="chromium-headless-shell"
fi
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=ko 2>/dev/null)" ]; then
	missing="$missing fonts-nanum"
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "For the browser's tests install what is missing (Debian: sudo apt-get install $missing)." >&2
	exit 0
fi

install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" fontconfig >/dev/null
}

echo "installing" $missing
apt-get update -qq || echo "apt-get update failed; going on with the package lists at hand" >&2
# Releases before the headless shell was a package of its own have the whole browser.
# shellcheck disable=SC2086
install $missing || install $(echo "$missing" | sed s/chromium-headless-shell/chromium/)
