package servertest

import "syscall"

// dieWithParent has the kernel kill the child when this process ends, also by SIGKILL. TestDiesWithTheTestProcess.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
