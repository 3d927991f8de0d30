package testenv

import (
	"net"
	"testing"
)

// TestFreePort checks that a port is not given away twice, even by another
// process that begins with the same one.
func TestFreePort(t *testing.T) {
	for range 20 {
		before := portsTried.Load()
		one := FreePort(t)
		portsTried.Store(before) // as another process might
		if two := FreePort(t); two == one {
			t.Fatalf("both get %s", one)
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+one)
		if err != nil {
			t.Fatalf("a server cannot listen on %s: %v", one, err)
		}
		_ = l.Close()
	}
}

// TestFreePortAgain checks that a port is free again after its test.
func TestFreePortAgain(t *testing.T) {
	before := portsTried.Load()
	var one string
	t.Run("first", func(t *testing.T) { one = FreePort(t) })
	portsTried.Store(before)
	if two := FreePort(t); two != one {
		t.Errorf("%s is still held: the next is %s", one, two)
	}
}
