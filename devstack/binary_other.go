//go:build !linux

package devstack

import "os/exec"

// startBound starts a process that Close ends; where the system has no such thing it outlives a killed parent.
func startBound(cmd *exec.Cmd) error { return cmd.Start() }
