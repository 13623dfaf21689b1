package daemon

import (
	"testing"
	"testing/fstest"
)

func TestCgroupMemory(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  int64 // 0 is no limit
	}{
		{"no control groups", nil, 0},
		{"version 2, in a container", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2147483648\n",
		}, 2 << 30},
		{"version 2, no limit", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, 0},
		{"version 2, the group above is tighter", map[string]string{
			"proc/self/cgroup":                           "0::/a.slice/b.service\n",
			"sys/fs/cgroup/a.slice/memory.max":           "1000000\n",
			"sys/fs/cgroup/a.slice/b.service/memory.max": "3000000\n",
		}, 1000000},
		{"version 1", map[string]string{
			"proc/self/cgroup":                             "12:cpu,cpuacct:/x\n5:hugetlb,memory:/x\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":   "9223372036854771712\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "536870912\n",
			"sys/fs/cgroup/x/memory.max":                   "1\n",
		}, 512 << 20},
		{"version 1, in a container that is told its host's path", map[string]string{
			"proc/self/cgroup":                           "5:memory:/kubepods/pod1/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
		}, 512 << 20},
		{"both, version 2 without the controller", map[string]string{
			"proc/self/cgroup": "5:memory:/x\n0::/x\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "536870912\n",
		}, 512 << 20},
		{"what isn't understood", map[string]string{
			"proc/self/cgroup": "\nzero\n0::/\n", "sys/fs/cgroup/memory.max": "2 GiB\n",
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range tt.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got, ok := cgroupMemory(root); got != tt.want || ok != (tt.want > 0) {
				t.Errorf("got %d, %v, want %d", got, ok, tt.want)
			}
		})
	}
}
