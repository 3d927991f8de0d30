package child

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tree is all processes of a command: a job, which Windows ends when its last handle
// is closed, also by the end of this process.
type tree struct {
	pid uint32

	mu  sync.Mutex
	job windows.Handle // 0 once it is closed
}

// ownTree makes a command the first of a process group, to which Ctrl+Break can be
// sent, and suspends it until it is in the job.
func ownTree(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.CreationFlags = windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_SUSPENDED
}

// useLine has cmd.exe run a command line.
func useLine(cmd *exec.Cmd, line string) {
	if path, err := exec.LookPath("cmd.exe"); err == nil {
		cmd.Path = path
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: line}
}

// resumeProcess continues all threads of a process. os/exec does not say which its
// first thread is.
var resumeProcess = windows.NewLazySystemDLL("ntdll.dll").NewProc("NtResumeProcess")

// adopt puts a command that has just been started, and is suspended, into a job.
func adopt(cmd *exec.Cmd) (*tree, error) {
	t := &tree{pid: uint32(cmd.Process.Pid)}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	t.job = job
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))) //nolint:gosec // the interface of Windows
	if err == nil {
		err = t.admit()
	}
	if err != nil {
		t.release()
		return nil, err
	}
	return t, nil
}

// admit puts the process into the job and lets it run.
func (t *tree) admit() error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE|windows.PROCESS_SUSPEND_RESUME, false, t.pid)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	if err := windows.AssignProcessToJobObject(t.job, process); err != nil {
		return err
	}
	if status, _, _ := resumeProcess.Call(uintptr(process)); status != 0 {
		return errors.New("it cannot be resumed")
	}
	return nil
}

// release ends what is left.
func (t *tree) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = windows.CloseHandle(t.job)
	t.job = 0
}

func (t *tree) signal(os.Signal) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, t.pid)
}

func (t *tree) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = windows.TerminateJobObject(t.job, 1) // it may be closed
}

// terminate does nothing: release ends what the command leaves.
func (t *tree) terminate() {}

func (t *tree) isEmpty() bool { return true }

func statusOf(state *os.ProcessState) int { return state.ExitCode() }
