//go:build !unix

package testenv

import "os/exec"

func ownGroup(*exec.Cmd) {}

// stopGroup ends a program. Systems without signals know no gentler way.
func stopGroup(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Kill()
	<-ended
}
