//go:build linux

package rig

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// Processors is a set of processors of the machine.
type Processors int

// First is the first processor, Others are those after it. On a machine with one
// processor they are the same.
const (
	First Processors = iota
	Others
)

func (p Processors) mask() (mask [16]uint64) {
	if p == First || runtime.NumCPU() == 1 {
		mask[0] = 1
		return mask
	}
	for i := range mask {
		mask[i] = ^uint64(0)
	}
	mask[0] &^= 1
	return mask
}

// Pin keeps all threads of a process, and those that they start, on some processors.
func Pin(pid int, on Processors) error {
	mask := on.mask()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(threads) == 0 {
		return fmt.Errorf("there is no process %d", pid)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(filepath.Base(thread))
		if err != nil {
			return err
		}
		//nolint:gosec // the system reads the mask before it returns
		if _, _, failed := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask))); failed != 0 && failed != syscall.ESRCH {
			return fmt.Errorf("sched_setaffinity: %w", failed)
		}
	}
	return nil
}
