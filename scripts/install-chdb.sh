#!/bin/sh
# Puts libchdb, the ClickHouse engine that devstack runs, into ${LONGSHORE_CACHE:-.cache}/chdb/<version>/libchdb.so.
# Pinned, idempotent, and quiet when there is nothing to do. Needs npm, tar and sha512sum or shasum.
set -eu

version=26.7.3-stable.1
root=$(cd "$(dirname "$0")/.." && pwd)
dir=${LONGSHORE_CACHE:-$root/.cache}/chdb/$version

[ -s "$dir/libchdb.so" ] && exit 0

# The checksum is of the packed file. Where none is pinned, npm's own integrity check is all there is.
case "$(uname -s)-$(uname -m)" in
Linux-x86_64)
	package=@chdb/lib-linux-x64-gnu
	sum=5cff7b98caa7739b59a4a432c11f0dedc2d3b073624e61ebdf4a42e66ce8de35a6ba48ca9f62016bad1cd81fe059435cb858ce3235a8a2b408082a81563e70a7
	;;
Linux-aarch64 | Linux-arm64) package=@chdb/lib-linux-arm64-gnu sum= ;;
Darwin-x86_64) package=@chdb/lib-darwin-x64 sum= ;;
Darwin-arm64) package=@chdb/lib-darwin-arm64 sum= ;;
*)
	echo "install-chdb: no libchdb is published for $(uname -s) $(uname -m)" >&2
	exit 1
	;;
esac

sha512() {
	if command -v sha512sum >/dev/null 2>&1; then sha512sum "$1"; else shasum -a 512 "$1"; fi | cut -d ' ' -f 1
}

mkdir -p "$dir"
work=$(mktemp -d "$dir/unpack.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo "install-chdb: fetching $package $version (about 180 MB)" >&2
(cd "$work" && npm pack --silent "$package@$version" >/dev/null)
archive=$(find "$work" -name '*.tgz')
if [ -n "$sum" ] && [ "$(sha512 "$archive")" != "$sum" ]; then
	echo "install-chdb: checksum of $package $version is wrong" >&2
	exit 1
fi
tar -xzf "$archive" -C "$work"
mv "$(find "$work/package" -name 'libchdb.*' | head -n 1)" "$dir/libchdb.so"
echo "install-chdb: installed $dir/libchdb.so" >&2
