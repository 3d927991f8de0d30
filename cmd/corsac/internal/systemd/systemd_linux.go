package systemd

import (
	"fmt"
	"net"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// inherited are the sockets that this process was started with. They can be taken once,
// since the variables that name them must not reach child processes.
var inherited = sync.OnceValues(func() (sockets []socket, err error) {
	for _, f := range activation.Files(true) {
		s := socket{name: f.Name()}
		var failed error
		if s.stream, failed = net.FileListener(f); failed != nil {
			s.packet, failed = net.FilePacketConn(f)
		}
		_ = f.Close() // they are copies
		if failed != nil {
			return nil, fmt.Errorf("socket %q, which was handed over, cannot be used: %w", s.name, failed)
		}
		sockets = append(sockets, s)
	}
	return sockets, nil
})

// Inherit returns the sockets that the program was started with, for the names that are
// wanted, in their order.
func Inherit(wanted []string) (*Sockets, error) {
	sockets, err := inherited()
	if err != nil {
		return nil, err
	}
	return assign(sockets, wanted)
}

// The states of a program. Each but Reloading is sent as it is.
const (
	Ready    = daemon.SdNotifyReady
	Stopping = daemon.SdNotifyStopping
)

// Notify reports a state to the service manager, if there is one.
func Notify(state string) error {
	_, err := daemon.SdNotify(false, state)
	return err
}

// Reloading returns the state of a program that reads its configuration again. It ends
// with Ready.
func Reloading() string {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // which every Linux has
	return fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, now.Nano()/1000)
}
