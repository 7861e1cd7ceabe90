#!/usr/bin/env bash
# Makes a release: static binaries for six platforms with completions and manual pages, their bills of materials, the
# licences, a Containerfile and SHA256SUMS. The same commit and the same Go give the same bytes.
#
#   scripts/release/release.sh VERSION [DIR]    everything, into DIR (default dist)
#   scripts/release/release.sh --check          build twice, from two folders with caches of their own, and compare
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C TZ=UTC CGO_ENABLED=0 GOFLAGS=-mod=readonly GOAMD64=v1 GOTOOLCHAIN=local
umask 022
platforms="linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

build() { # platform version output
  GOOS=${1%/*} GOARCH=${1#*/} go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.release=$2" -o "$3" ./cmd/kerasgo
}

if [ "${1:-}" = --check ]; then
  tmp=$(mktemp -d)
  trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
  build linux/amd64 v0.0.0-check "$tmp/first"
  mkdir "$tmp/elsewhere"
  git ls-files -z --cached --others --exclude-standard | grep -zv '^fixtures/keras[13]' | xargs -0 ls -d 2>/dev/null | tar cf - -T - | tar xf - -C "$tmp/elsewhere"
  (cd "$tmp/elsewhere" && GOCACHE="$tmp/cache" build linux/amd64 v0.0.0-check "$tmp/second")
  cmp "$tmp/first" "$tmp/second"
  if file "$tmp/first" 2>/dev/null | grep -q 'dynamically linked'; then echo "not static"; exit 1; fi
  go version -m "$tmp/first" >/dev/null
  sha256sum "$tmp/first" | cut -d' ' -f1
  exit
fi

version=${1:?usage: release.sh VERSION [DIR]}
out=${2:-dist}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
go mod verify
rm -rf "$out"
mkdir -p "$out/work"
host=$out/work/host
build "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" "$version" "$host"

share=$out/work/share
mkdir -p "$share/man/man1" "$share/completions"
"$host" --quiet man "$share/man/man1"
for shell in bash zsh fish powershell; do "$host" completion "$shell" >"$share/completions/kerasgo.$shell"; done
go run scripts/release/licences.go -texts ./cmd/kerasgo >"$share/THIRD_PARTY_LICENCES"
cp LICENSE README.md CHANGELOG.md SECURITY.md "$share"

for platform in $platforms; do
  name=kerasgo_${version}_${platform/\//_}
  dir=$out/work/$name
  cp -r "$share" "$dir"
  exe=kerasgo
  [ "${platform%/*}" = windows ] && exe=kerasgo.exe
  build "$platform" "$version" "$dir/$exe"
  go run scripts/release/sbom.go -version "$version" "$dir/$exe" >"$out/$name.spdx.json"
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$out/work" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
  echo "$name"
done

cp scripts/release/Containerfile "$out"
rm -r "$out/work"
(cd "$out" && sha256sum -- * >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
