#!/usr/bin/env bash
# Writes what a release was built from and with, as an in-toto statement with SLSA's
# provenance, and signs it. The release does this:
#   packaging/provenance.sh VERSION KEY CHECKSUMS FILE
# CHECKSUMS lists the files of the release. The signature is in FILE.sig. It needs jq.
set -euo pipefail
version=$1 key=$2 checksums=$3 file=$4
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
rm -f "$file.sig"
ssh-keygen -q -Y sign -n file -f "$key" "$file"
