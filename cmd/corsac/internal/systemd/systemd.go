// Package systemd takes sockets that a service manager hands over, and reports to it how
// the program is: the protocols of systemd's socket activation and sd_notify, which others speak
// too. On other systems than Linux, there are never any sockets, and nobody listens.
package systemd

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// The names of sockets, by FileDescriptorName= of a unit.
const (
	Listen = "listen"
	Plain  = "plain"
	Admin  = "admin"
	HTTP3  = "http3"
)

// Sockets are sockets that were handed over, by their names.
type Sockets struct {
	Streams map[string]net.Listener
	Packets map[string]net.PacketConn
	// ByOrder are the names that sockets got by their place alone.
	ByOrder []string
}

// socket is one that was handed over: a listener, or a datagram socket.
type socket struct {
	name   string
	stream net.Listener
	packet net.PacketConn
}

// address is where the socket is, since all sockets of a unit may have one name.
func (s *socket) address() net.Addr {
	if s.packet != nil {
		return s.packet.LocalAddr()
	}
	return s.stream.Addr()
}

// assign gives each socket one of the names that are wanted: its own, or if that is not
// one of them, the first that is left. A single datagram socket can only be for HTTP/3.
func assign(sockets []socket, wanted []string) (*Sockets, error) {
	s := &Sockets{Streams: map[string]net.Listener{}, Packets: map[string]net.PacketConn{}}
	left := slices.Clone(wanted)
	take := func(name string, of socket) error {
		i := slices.Index(left, name)
		if i < 0 {
			return fmt.Errorf("the configuration has no use for socket %q; write FileDescriptorName= with one of %s that it has, each once", of.name, strings.Join([]string{Listen, Plain, Admin, HTTP3}, ", "))
		}
		left = slices.Delete(left, i, i+1)
		switch {
		case of.packet != nil && name == HTTP3:
			s.Packets[name] = of.packet
		case of.stream != nil && name != HTTP3:
			s.Streams[name] = of.stream
		default:
			return fmt.Errorf("socket %q has the wrong type; http3 needs ListenDatagram=, and the others ListenStream=", of.name)
		}
		return nil
	}
	var errs []error
	unnamed := func(of socket) bool { return !slices.Contains([]string{Listen, Plain, Admin, HTTP3}, of.name) }
	for _, of := range sockets {
		if !unnamed(of) {
			errs = append(errs, take(of.name, of))
		}
	}
	for _, of := range sockets {
		if !unnamed(of) {
			continue
		}
		i := slices.IndexFunc(left, func(name string) bool { return (name == HTTP3) == (of.packet != nil) })
		if i < 0 {
			errs = append(errs, fmt.Errorf("the configuration has no use for socket %q (%s); remove its line from the .socket unit, or add the address to the configuration", of.name, of.address()))
			continue
		}
		s.ByOrder = append(s.ByOrder, left[i])
		errs = append(errs, take(left[i], of))
	}
	return s, errors.Join(errs...)
}
