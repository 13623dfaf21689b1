package servertest

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// spawner starts every child from one thread that lives as long as the process: a parent-death signal (Linux) is
// tied to the thread that started the child, and the runtime ends threads whose locked goroutine returns.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for do := range work {
			do()
		}
	}()
	return work
})

// spawn starts cmd so that it dies with this process where the system can do that, and out of reach of a Ctrl-C
// in the terminal, which is for the test binary alone.
func spawn(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error)
	spawner() <- func() { started <- cmd.Start() }
	return <-started
}
