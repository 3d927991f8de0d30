package child

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// members returns the processes of a session, without those that have ended and
// whose parent does not ask for their status (proc(5), /proc/pid/stat).
func members(session int) (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it has ended
		}
		// The name, in parentheses, may contain anything. State, parent, process
		// group and session come after it.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) < 4 || string(fields[0]) == "Z" || string(fields[0]) == "X" {
			continue
		}
		if string(fields[3]) == strconv.Itoa(session) {
			pids = append(pids, pid)
		}
	}
	return pids
}
