//go:build !linux

package servertest

import "syscall"

// dieWithParent does nothing: only Linux offers it. Elsewhere a killed test binary leaves its servers behind.
func dieWithParent(*syscall.SysProcAttr) {}
