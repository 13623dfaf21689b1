package devstack

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startBound starts a process that dies with this one, however this one dies.
func startBound(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when the starting thread ends, so it must last
		started <- cmd.Start()
		select {}
	}()
	return <-started
}
