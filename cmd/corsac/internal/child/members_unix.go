//go:build unix && !linux

package child

import (
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// members returns the processes of a session, without those that have ended and
// whose parent does not ask for their status.
func members(session int) (pids []int) {
	list, _ := exec.Command("ps", "-A", "-o", "pid=,stat=").Output() //nolint:noctx // it ends at once
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || strings.HasPrefix(fields[1], "Z") {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			continue
		}
		if of, err := unix.Getsid(pid); err == nil && of == session {
			pids = append(pids, pid)
		}
	}
	return pids
}
