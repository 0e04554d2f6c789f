#!/bin/sh
# Installs Chromium for the browser's tests where none is found and root and apt are there, and a font with
# Korean letters where no font has them: without one the pictures of pages show boxes.
set -eu

missing=""
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
	&& ! command -v google-chrome >/dev/null; then
	missing="chromium"
fi
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=ko 2>/dev/null)" ]; then
	missing="$missing fonts-nanum"
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "For the browser's tests install what is missing (Debian: sudo apt-get install $missing)." >&2
	exit 0
fi

echo "installing" $missing
apt-get update -qq || echo "apt-get update failed; going on with the package lists at hand" >&2
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing fontconfig >/dev/null
