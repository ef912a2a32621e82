#!/bin/sh
# Installs what the tests use besides Go, where it is missing and apt-get can be used. Tests whose tool is not there say so and
# are skipped; the race detector needs gcc.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need gcc gcc
need python3 python3
need tmux tmux
need ip iproute2
need nc netcat-openbsd
need openssl openssl
need telnet telnet
[ -e /usr/share/bash-completion/bash_completion ] || missing="$missing bash-completion" # a library, no command
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "not here, and no apt-get to install it:$missing" >&2
	exit 0
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
echo "installing:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing libc6-dev >/dev/null
