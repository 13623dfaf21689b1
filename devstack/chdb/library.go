// Package chdb binds libchdb, the ClickHouse engine as a shared library, without cgo.
//
// What must stay true:
//   - one data folder per process: the library keeps one engine, and every Conn shares it;
//   - a Conn runs one statement at a time; concurrency means several Conns, which cost about 0.1 ms each;
//   - memory that the library hands out is copied or released here and never escapes this package alive;
//   - the library installs no signal handlers: the Go runtime needs its own.
package chdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Version is the library version this package is written for: the C API has grown since 26.5.
const Version = "26.7.3-stable.1"

// api holds the C functions of chdb.h that are used here.
var api struct {
	setSignalHandlers func(enabled int32)
	version           func() string
	connect           func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn         func(conn unsafe.Pointer)
	classify          func(conn uintptr, sql string, n uintptr, database uintptr, databaseLen uintptr, out unsafe.Pointer) int32

	query        func(conn uintptr, sql string, n uintptr, format string, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, params uintptr) uintptr
	streamQuery  func(conn uintptr, sql string, n uintptr, format string, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, params uintptr) uintptr
	streamFetch  func(conn, stream uintptr) uintptr
	streamCancel func(conn, stream uintptr)

	insert        func(conn uintptr, sql string, n uintptr, format string, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, params uintptr) uintptr
	insertAppend  func(stream uintptr, data unsafe.Pointer, n uintptr) int32
	insertDone    func(stream uintptr) uintptr
	insertCancel  func(stream uintptr)
	insertError   func(stream uintptr) string
	insertDestroy func(stream uintptr)

	resultDestroy      func(result uintptr)
	resultError        func(result uintptr) string
	resultBuffer       func(result uintptr) unsafe.Pointer
	resultLength       func(result uintptr) uintptr
	resultRows         func(result uintptr) uint64
	resultStorageRows  func(result uintptr) uint64
	resultStorageBytes func(result uintptr) uint64
	resultRowsWritten  func(result uintptr) uint64
	resultBytesWritten func(result uintptr) uint64
}

// symbols names each function of api in the library.
func symbols() map[string]any {
	return map[string]any{
		"chdb_set_signal_handlers_enabled": &api.setSignalHandlers,
		"chdb_version":                     &api.version,
		"chdb_connect":                     &api.connect,
		"chdb_close_conn":                  &api.closeConn,
		"chdb_classify_query_n":            &api.classify,
		"chdb_query_with_params_n":         &api.query,
		"chdb_stream_query_with_params_n":  &api.streamQuery,
		"chdb_stream_fetch_result":         &api.streamFetch,
		"chdb_stream_cancel_query":         &api.streamCancel,
		"chdb_stream_insert_with_params_n": &api.insert,
		"chdb_stream_append":               &api.insertAppend,
		"chdb_stream_done":                 &api.insertDone,
		"chdb_stream_cancel_insert":        &api.insertCancel,
		"chdb_stream_insert_error":         &api.insertError,
		"chdb_destroy_insert_stream":       &api.insertDestroy,
		"chdb_destroy_query_result":        &api.resultDestroy,
		"chdb_result_error":                &api.resultError,
		"chdb_result_buffer":               &api.resultBuffer,
		"chdb_result_length":               &api.resultLength,
		"chdb_result_rows_read":            &api.resultRows,
		"chdb_result_storage_rows_read":    &api.resultStorageRows,
		"chdb_result_storage_bytes_read":   &api.resultStorageBytes,
		"chdb_result_rows_written":         &api.resultRowsWritten,
		"chdb_result_bytes_written":        &api.resultBytesWritten,
	}
}

var loaded struct {
	sync.Mutex
	path string
}

// Load opens the shared library at path. Loading the same path again does nothing; another path is an error.
func Load(path string) error {
	loaded.Lock()
	defer loaded.Unlock()
	switch loaded.path {
	case path:
		return nil
	case "":
	default:
		return fmt.Errorf("load %s: %s is already loaded", path, loaded.path)
	}
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	for name, target := range symbols() {
		symbol, err := purego.Dlsym(lib, name)
		if err != nil {
			return fmt.Errorf("load %s: %w (version %s or newer is needed)", path, err, Version)
		}
		purego.RegisterFunc(target, symbol)
	}
	api.setSignalHandlers(0)
	loaded.path = path
	return nil
}

// ErrNotInstalled says that no library was found where Find looks.
var ErrNotInstalled = errors.New("libchdb is not installed: run scripts/install-chdb.sh, or set LONGSHORE_CHDB_LIBRARY")

// Find returns the path of the shared library: the loaded one, else LONGSHORE_CHDB_LIBRARY when set, else chdb/<Version>/libchdb.so in
// LONGSHORE_CACHE when set, else the same in .cache of a folder around the working directory or the executable.
func Find() (string, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.path != "" {
		return loaded.path, nil
	}
	if path := os.Getenv("LONGSHORE_CHDB_LIBRARY"); path != "" {
		return path, nil
	}
	inCache := filepath.Join("chdb", Version, "libchdb.so")
	if cache := os.Getenv("LONGSHORE_CACHE"); cache != "" {
		return existing(filepath.Join(cache, inCache))
	}
	for _, start := range []func() (string, error){os.Getwd, os.Executable} {
		dir, err := start()
		for err == nil && dir != filepath.Dir(dir) {
			if path, err := existing(filepath.Join(dir, ".cache", inCache)); err == nil {
				return path, nil
			}
			dir = filepath.Dir(dir)
		}
	}
	return "", ErrNotInstalled
}

func existing(path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", ErrNotInstalled
	}
	return filepath.Abs(path)
}
