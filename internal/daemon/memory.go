package daemon

import (
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"

	"go.uber.org/zap"
)

const (
	// heapGrowth is by how much the heap may grow beyond what is in use before the
	// runtime collects, in percent. That it does so four times as often as by itself costs
	// little: what a task holds is large buffers, without pointers to follow, and it
	// uses them again.
	heapGrowth = 25
	// heapShare is which share of a container's memory the runtime may take before it
	// collects more often, in percent. The rest is for what it doesn't count.
	heapShare = 90
)

// limitMemory has the runtime take no more than it needs, and keep to the memory
// of the container, unless GOGC and GOMEMLIMIT say something.
func limitMemory(log *zap.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit, ok := cgroupMemory(os.DirFS("/")); ok {
		limit = limit / 100 * heapShare
		debug.SetMemoryLimit(limit)
		log.Info("memory is limited", zap.Int64("bytes", limit))
	}
}

// cgroupMemory returns the least limit of the process's control groups, in bytes.
// It isn't ok where there is none.
func cgroupMemory(root fs.FS) (limit int64, ok bool) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(groups)) {
		// "0::/path" of version 2, "5:memory:/path" of version 1
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, dir, found := strings.Cut(rest, ":")
		switch {
		case !found:
			continue
		case controllers == "":
			limit, ok = lowest(root, "sys/fs/cgroup", dir, "memory.max", limit, ok)
		case strings.Contains(","+controllers+",", ",memory,"):
			limit, ok = lowest(root, "sys/fs/cgroup/memory", dir, "memory.limit_in_bytes", limit, ok)
		}
	}
	return limit, ok
}

// noLimit is more than any machine has: version 1 says such a number where there
// is no limit.
const noLimit = 1 << 60

// lowest looks at a group and those that it is in. A container may see its own
// group as the root while it is told the path on its host, which it can't see.
func lowest(root fs.FS, mount, dir, file string, limit int64, ok bool) (int64, bool) {
	for dir = path.Clean("/" + dir); ; dir = path.Dir(dir) {
		text, err := fs.ReadFile(root, path.Join(mount, dir, file))
		if err == nil {
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err == nil && n > 0 && n < noLimit && (!ok || n < limit) {
				limit, ok = n, true
			}
		}
		if dir == "/" {
			return limit, ok
		}
	}
}
