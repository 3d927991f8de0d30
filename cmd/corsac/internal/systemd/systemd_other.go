//go:build !linux

package systemd

// The states of a program.
const (
	Ready    = "READY=1"
	Stopping = "STOPPING=1"
)

// Inherit returns no sockets.
func Inherit(wanted []string) (*Sockets, error) { return assign(nil, wanted) }

// Notify does nothing.
func Notify(string) error { return nil }

// Reloading returns a state for Notify.
func Reloading() string { return "RELOADING=1" }
