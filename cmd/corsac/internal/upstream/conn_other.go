//go:build !unix

package upstream

import "net"

// system would read from a socket without waiting.
type system struct{}

func (*system) open(net.Conn) {}

func (*system) usable() bool { return false }

func (*system) read([]byte, func()) (int, error) { return 0, nil }

func (*system) ask([]byte, []byte) (bool, int, error) { return false, 0, nil }

// peek says that it does not know.
func (*conn) peek() arrival { return unknown }

// ended says that it does not know.
func (*conn) ended() bool { return false }
