#!/usr/bin/env bash
# Signs the list of a release's files. Writes what the release was built from and with, as an
# in-toto statement with SLSA's provenance, and signs it too. The release does this:
#   packaging/sign.sh VERSION KEY CHECKSUMS
# CHECKSUMS lists the files of the release. The statement is in provenance.json beside it, and
# each signature in a file whose name ends in .sig. It needs jq.
set -euo pipefail
version=$1 key=$2 checksums=$3
file=$(dirname "$checksums")/provenance.json
commit=$(git rev-parse HEAD)
jq --raw-input --null-input --arg version "$version" --arg commit "$commit" --arg go "$(go env GOVERSION)" \
	--arg modules "$(sha256sum go.sum | cut -d ' ' -f 1)" --arg built "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
	--arg builder "${CONFAB_BUILDER:-https://example.org/confab/built-by-hand}" '{
	_type: "https://in-toto.io/Statement/v1",
	subject: [inputs | split("  ") | {name: .[1], digest: {sha256: .[0]}}],
	predicateType: "https://slsa.dev/provenance/v1",
	predicate: {
		buildDefinition: {
			buildType: "https://goreleaser.com",
			externalParameters: {version: $version, configuration: ".goreleaser.yaml"},
			internalParameters: {go: $go},
			resolvedDependencies: [
				{uri: "git+confab", digest: {gitCommit: $commit}},
				{uri: "go.sum", digest: {sha256: $modules}}
			]
		},
		runDetails: {builder: {id: $builder}, metadata: {finishedOn: $built}}
	}
}' <"$checksums" >"$file"
for signed in "$checksums" "$file"; do
	rm -f "$signed.sig"
	ssh-keygen -q -Y sign -n file -f "$key" "$signed"
done
