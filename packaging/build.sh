#!/bin/sh
# Builds the packages of a version and an architecture from a binary:
#   packaging/build.sh VERSION ARCH BINARY FOLDER [PACKAGER...]
# The release does this for each Linux binary. The packagers are deb, rpm and apk.
# CONFAB_MAINTAINER is the name and address of whoever publishes the packages.
set -eu
cd "$(dirname "$0")/.."
VERSION=$1 ARCH=$2 BINARY=$3 folder=$4
shift 4
[ $# -gt 0 ] || set -- deb rpm apk
: "${CONFAB_MAINTAINER:=confab maintainers <confab@example.org>}"
export VERSION ARCH BINARY CONFAB_MAINTAINER
for packager; do
	CGO_ENABLED=0 GOOS= GOARCH= go run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2 \
		package --config packaging/nfpm.yaml --packager "$packager" --target "$folder"
done
