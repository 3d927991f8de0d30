package gateway_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestAllocations bounds what a request through the gateway allocates, net/http's
// server included, and what metrics and an access log add.
func TestAllocations(t *testing.T) {
	testenv.NoRace(t, "sync.Pool drops values at random under the race detector")
	answer := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nDate: y\r\nContent-Type: text/plain\r\n" + wrong + "Content-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	upstream := startHostile(t, t.Context(), behaviour{"h1", func(_ context.Context, conn net.Conn) {
		for b := make([]byte, 8192); ; {
			if _, err := conn.Read(b); err != nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}})
	actual := headOf("GET", "/a?b", "Accept: */*\r\nCookie: a=b\r\nUser-Agent: x\r\n")
	preflight := headOf("OPTIONS", "/a?b", "Accept: */*\r\nAccess-Control-Request-Method: PUT\r\n")
	all := gateway.Options{AccessLog: openAccessLog(t).Log, Metrics: gateway.NewMetrics(prometheus.NewRegistry())}
	for _, c := range []struct {
		name, request string
		body          int
		o             gateway.Options
		most          float64
	}{
		{"plain", actual, 1024, gateway.Options{}, 33},
		{"observed", actual, 1024, all, 34},
		{"preflight", preflight, 0, gateway.Options{}, 2},
		{"observed preflight", preflight, 0, all, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := dial(t, start(t, one(t, upstream), c.o))
			got := testing.AllocsPerRun(500, func() { client.roundTrip(c.request, c.body) })
			t.Logf("%v allocations", got)
			if got > c.most {
				t.Errorf("%v allocations, at most %v", got, c.most)
			}
		})
	}
}

// roundTrip sends a request and skips its response, without allocating.
func (c *client) roundTrip(request string, body int) {
	if _, err := io.WriteString(c.conn, request); err != nil {
		c.Fatal(err)
	}
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			c.Fatal(err)
		}
		if len(line) == 2 {
			break
		}
	}
	if _, err := c.r.Discard(body); err != nil {
		c.Fatal(err)
	}
}
