package gateway_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestAllocations bounds what a request through the gateway allocates, net/http's
// server included.
func TestAllocations(t *testing.T) {
	testenv.NoRace(t, "sync.Pool drops values at random under the race detector")
	answer := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nDate: y\r\nContent-Type: text/plain\r\n" + wrong + "Content-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	g := start(t, one(t, startHostile(t, t.Context(), behaviour{"h1", func(_ context.Context, conn net.Conn) {
		for b := make([]byte, 8192); ; {
			if _, err := conn.Read(b); err != nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}})), gateway.Options{})
	client := dial(t, g)
	request := []byte(headOf("GET", "/a?b", "Accept: */*\r\nCookie: a=b\r\nUser-Agent: x\r\n"))
	in := bufio.NewReaderSize(client.conn, 8192)
	got := testing.AllocsPerRun(500, func() {
		if _, err := client.conn.Write(request); err != nil {
			t.Fatal(err)
		}
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				t.Fatal(err)
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := in.Discard(1024); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v allocations", got)
	const most = 62
	if got > most {
		t.Errorf("%v allocations, at most %d", got, most)
	}
}
