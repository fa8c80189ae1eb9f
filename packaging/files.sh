#!/bin/sh
# Makes the files of an archive and a package that are not in the repository, in build/:
#   packaging/files.sh VERSION
# They are the manual, completions, the settings file and the changelog.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build
CGO_ENABLED=0 go build -trimpath -o build/confab ./cmd/confab
build/confab man >build/confab.1
gzip -9n <build/confab.1 >build/confab.1.gz
build/confab completion bash >build/confab.bash
build/confab completion zsh >build/_confab
build/confab completion fish >build/confab.fish
build/confab config init - >build/confab.yaml
rm build/confab

# The changes of a version are the commits since the version before. The first has no such
# list.
previous=$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null || true)
{
	echo "- semver: $1"
	echo "  date: $(git log -1 --format=%cI)"
	echo "  packager: ${CONFAB_MAINTAINER:-confab maintainers <confab@example.org>}"
	echo "  deb: {urgency: medium, distributions: [unstable]}"
	echo "  changes:"
	if [ -n "$previous" ]; then
		git log --no-merges --format=%s "$previous..HEAD" | sed "s/'/''/g; s/.*/    - note: '&'/"
	else
		echo "    - note: The first packages."
	fi
} >build/changelog.yaml
