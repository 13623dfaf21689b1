// Package house holds the rules of this repository that a compiler does not check: which package may import which.
// The order of the rooms is told in DESIGN.md ("Rooms, in reading order"), and decided here.
package house

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const module = "github.com/longshore/longshore"

// readingOrder is the order in which the code can be read: a package imports only packages that stand before it.
// A room is a folder with everything below it.
var readingOrder = []string{
	// words: no I/O, no clock
	"pkg/fault", "pkg/batch", "pkg/schema", "pkg/block", "internal/def", "internal/task",
	// tools: bytes and batches in and out
	"pkg/compress", "pkg/format", "internal/mapping", "internal/diff",
	// doors: to what is outside
	"pkg/source", "pkg/objstore", "internal/clickhouse", "internal/queue", "internal/ledger", "internal/event", "internal/alert",
	"internal/connection",
	// verbs: what the system does
	"internal/run", "internal/plan", "internal/schedule", "internal/export", "internal/ingest", "internal/api",
	// wiring
	"internal/telemetry", "internal/daemon", "internal/cli", "cmd",
	// apart: nothing that ships imports these
	"internal/house",
}

// choosers are the rooms that choose drivers, beside the explicit list in each extension point's "all" package.
var choosers = []string{"internal/connection", "internal/telemetry", "internal/daemon", "internal/cli", "cmd"}

// extensionPoints hold one driver per folder.
var extensionPoints = []string{"pkg/format", "pkg/source", "pkg/objstore", "internal/alert"}

// notDrivers are folders of an extension point that its drivers share, beside "all", "internal" and test packages.
var notDrivers = []string{"pkg/format/text", "pkg/format/textvalue", "pkg/objstore/crc64"}

// onlyIn names modules that one room alone may import, so that the rest does not depend on their ways.
var onlyIn = map[string]string{"github.com/hibiken/asynq": "internal/queue"}

// testsOnly are imports that production code must not have, with all below them.
var testsOnly = []string{"testing", "net/http/httptest", "github.com/alicebob/miniredis/v2", "github.com/secure-io/sio-go"}

// use is one import of a package by another; ours are named by their folder.
type use struct {
	by     string // folder of the importing package
	what   string // import path
	inTest bool   // the importing file is a test
}

// broken says which rules an import breaks, in words that tell what to do instead.
func broken(u use) []string {
	var sins []string
	sin := func(format string, args ...any) { sins = append(sins, fmt.Sprintf(format, args...)) }

	if within(u.what, module+"/devstack") {
		sin("devstack is its own module so that nothing of it ships: start it as a process (internal/servertest)")
	}
	for dependency, room := range onlyIn {
		if within(u.what, dependency) && !within(u.by, room) {
			sin("only %s imports %s: ask %s for what is needed", room, dependency, room)
		}
	}
	if u.inTest || isTestPackage(u.by) {
		return sins
	}
	for _, forbidden := range testsOnly {
		if within(u.what, forbidden) {
			sin("production code does not import %s: move it to a _test.go file or a package that ends in \"test\"", u.what)
		}
	}
	if what, ours := strings.CutPrefix(u.what, module+"/"); ours {
		sins = append(sins, brokenOrder(u.by, what)...)
	}
	return sins
}

// brokenOrder judges an import of ours by ours, both named by their folders, in production code.
func brokenOrder(by, what string) []string {
	var sins []string
	sin := func(format string, args ...any) { sins = append(sins, fmt.Sprintf(format, args...)) }

	if isTestPackage(what) {
		sin("production code does not import a test package")
	}
	if within(by, "pkg") && within(what, "internal") {
		sin("pkg/ never imports internal/: others use pkg/ without us")
	}
	from, to := place(by), place(what)
	if from >= 0 && to > from {
		sin("%s is read after %s: move what both need to where both can import it", what, by)
	}
	point, driver := driverOf(what)
	if driver == "" || mayChooseDrivers(by, point) {
		return sins
	}
	if _, own := driverOf(by); own != driver {
		sin("%s is a driver: only %s/all, internal/connection, wiring and tests choose drivers", what, point)
	}
	return sins
}

// driverOf splits the folder of a driver package into its extension point and the driver's own folder.
func driverOf(folder string) (point, driver string) {
	for _, point := range extensionPoints {
		below, ok := strings.CutPrefix(folder, point+"/")
		if !ok || slices.Contains(notDrivers, folder) {
			continue
		}
		name, _, _ := strings.Cut(below, "/")
		if name != "all" && name != "internal" && !isTestPackage(name) {
			return point, point + "/" + name
		}
	}
	return "", ""
}

func mayChooseDrivers(by, point string) bool {
	return by == point+"/all" || slices.ContainsFunc(choosers, func(room string) bool { return within(by, room) })
}

// place is a package's position in the reading order, or -1 when it has none.
func place(folder string) int {
	return slices.IndexFunc(readingOrder, func(room string) bool { return within(folder, room) })
}

// isTestPackage reports whether a package is for tests: they may import what they like and nobody ships them.
func isTestPackage(folder string) bool { return strings.HasSuffix(path.Base(folder), "test") }

// within reports whether a path is root or below it.
func within(name, root string) bool { return name == root || strings.HasPrefix(name, root+"/") }
