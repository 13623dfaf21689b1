package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// folderLock keeps a second process out of a data folder. The system drops it when the process dies.
type folderLock struct{ file *os.File }

func lockFolder(dir string) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("data folder %s is in use by another devstack", dir)
		}
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return &folderLock{file}, nil
}

func (l *folderLock) release() error { return l.file.Close() }

// The names of ports, beside those of the servers.
const clickHouseHTTP = "clickhouse-http"

// portMap holds the port of each name.
type portMap map[string]int

func (p portMap) address(name string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(p[name]))
}

// choosePorts takes the fixed ports, then those that the folder used before, then free ones, and remembers them.
func choosePorts(config Config) (portMap, error) {
	file := filepath.Join(config.DataDir, "ports.json")
	before := portMap{}
	if data, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(data, &before); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
	}
	names := []string{Redis, S3, ClickHouse, clickHouseHTTP}
	for name := range config.Ports {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("no port is called %q: there are %v", name, names)
		}
	}
	chosen := portMap{}
	var held []net.Listener
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	for _, name := range names {
		l, err := holdPort(config.Ports[name], before[name])
		if err != nil {
			return nil, fmt.Errorf("port of %s: %w", name, err)
		}
		held = append(held, l)
		chosen[name] = l.Addr().(*net.TCPAddr).Port
	}
	data, err := json.Marshal(chosen)
	if err != nil {
		return nil, err
	}
	return chosen, writeFile(file, data)
}

// holdPort listens on the fixed port, or else on the one used before, or else on a free one.
func holdPort(fixed, before int) (net.Listener, error) {
	if fixed != 0 {
		return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", fixed))
	}
	if before != 0 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", before)); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// writeFile writes a file so that readers see all of it or the one before.
func writeFile(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(data); err != nil {
		temp.Close()
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := os.Chmod(temp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
