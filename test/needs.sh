#!/bin/sh
# Installs what the tests use besides Go, if it is missing and apt-get may install it; otherwise
# prints how to install it. Either way testing goes on: a test whose tool is missing is skipped
# and names it. Without gcc there is no race detector.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need gcc "gcc libc6-dev"
need python3 python3
need tmux tmux
need ip iproute2
need nc netcat-openbsd
need openssl openssl
need telnet telnet
[ -e /usr/share/bash-completion/bash_completion ] || missing="$missing bash-completion" # a library, no command
[ -n "$missing" ] || exit 0

advise() {
	echo "missing:$missing; the tests that need them are skipped" >&2
	[ -z "${1-}" ] || echo "to install them: $1 && $2" >&2
	exit 0
}
command -v apt-get >/dev/null 2>&1 || advise
update="apt-get update" install="apt-get install --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
	sudo=""
elif sudo -n true 2>/dev/null; then
	sudo="sudo -n"
else
	advise "sudo $update" "sudo $install"
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
{ $sudo $update -qq && $sudo $install -y -qq >/dev/null; } || advise "$update" "$install"
