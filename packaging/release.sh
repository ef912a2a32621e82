#!/usr/bin/env bash
# Builds the release in dist/: programs, archives, Debian packages and their checksums. `make release`
# calls it with VERSION and COMMIT. The same commit always gives the same bytes, because they contain
# nothing of this machine or of the current time.
set -euo pipefail
cd "$(dirname "$0")/.."
targets=${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}
name=parley_${VERSION#v}
command -v git >/dev/null || { echo "git is needed: apt-get install git" >&2; exit 1; }
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} # the time of all packed files
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
command -v zip >/dev/null || { echo "zip is needed for Windows: apt-get install zip" >&2; exit 1; }
tar --version | grep -q GNU || { echo "GNU tar is needed" >&2; exit 1; }

# Debian sorts 1.0~rc1 before 1.0, and 1.0+3+g1234567 (three commits after 1.0) after it. A version
# begins with a digit.
DEB_VERSION=$(sed -E 's/^v//; s/-(alpha|beta|rc)/~\1/; s/-/+/g; s/^[^0-9]/0~&/' <<<"$VERSION")
export DEB_VERSION

rm -rf dist
mkdir -p dist/stage/completions
completions=dist/stage/completions
go build -o dist/stage/here ./cmd/parley
dist/stage/here completion bash >$completions/parley.bash
dist/stage/here completion zsh >$completions/_parley
dist/stage/here completion fish >$completions/parley.fish
dist/stage/here completion powershell >$completions/parley.ps1

for target in $targets; do
	os=${target%/*} arch=${target#*/} ending=""
	[ "$os" != windows ] || ending=.exe
	program=${name}_${os}_$arch
	echo "$program"
	make --no-print-directory build GOOS="$os" GOARCH="$arch" OUT="dist/$program$ending"

	packed=dist/stage/$program
	mkdir -p "$packed"
	cp "dist/$program$ending" "$packed/parley$ending"
	cp -r README.md LICENSE $completions "$packed"
	[ "$os" != linux ] || cp -r packaging/systemd "$packed"
	find "$packed" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	chmod -R u=rwX,go=rX "$packed"
	if [ "$os" = windows ]; then
		(cd dist/stage && find "$program" -type f | sort | zip -qX "../$program.zip" -@)
	else
		tar -C dist/stage --sort=name --owner=0 --group=0 --numeric-owner -cf - "$program" | gzip -9n >"dist/$program.tar.gz"
	fi

	if [ "$os" = linux ]; then
		ARCH=$arch STAGE=$packed go tool -modfile=tools/nfpm/go.mod nfpm package --config packaging/deb/nfpm.yaml --packager deb --target dist/ >/dev/null
		echo "ready: $(ls -t dist/*.deb | head -1)"
	fi
done
rm -r dist/stage
(cd dist && sha256sum -- * >SHA256SUMS)
ls -l dist
