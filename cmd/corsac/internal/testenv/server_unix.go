//go:build unix

package testenv

import (
	"os/exec"
	"syscall"
	"time"
)

// ownGroup lets a program and all that it starts be a group of processes.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// stopGroup ends a program, and then what is left of its group, such as workers
// without their master.
func stopGroup(cmd *exec.Cmd, ended <-chan struct{}) {
	group := -cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopTime):
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-ended
}
