// Package libs measures the encoders and decoders beside the standard library's and
// the best-known ones of their kinds, on the same rows and in the same run.
//
//	make bench-micro
//	go test -C bench/libs -run '^$' -bench CSV -count 6 . | go tool -modfile tools/go.mod benchstat -col /lib -
//
// It is a module of its own, so that what is only compared with is no dependency of
// what ships. Each side begins with what it is fed with and ends with what it makes:
// Longshore encodes Arrow batches and decodes into ClickHouse's columns, the others
// do either with Go structs (or maps, where it says so). Bytes are those of the rows
// as CSV, whatever the format, so that formats compare. cpu-ns/row is user and system
// time, the collector's included: it stays the same when others use the machine.
package libs
