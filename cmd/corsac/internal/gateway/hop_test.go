package gateway_test

import (
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

const hop = "Corsac-Hop"

var ids = regexp.MustCompile(`^[A-Z2-7]{26}(, [A-Z2-7]{26})*$`)

// alias is another address of a server, as a load balancer or a container's
// published port is.
type alias struct {
	url         string
	to          atomic.Value // the address, a string
	connections atomic.Int32
}

func startAlias(t *testing.T) *alias {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a := &alias{url: "http://" + l.Addr().String()}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil || a.connections.Add(1) > 50 {
				l.Close()
				return
			}
			go a.forward(t, conn)
		}
	}()
	return a
}

func (a *alias) forward(t *testing.T, conn net.Conn) {
	defer conn.Close()
	to, err := new(net.Dialer).DialContext(t.Context(), "tcp", a.to.Load().(string))
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, conn)
		to.Close()
	}()
	_, _ = io.Copy(conn, to)
}

// TestLoop checks that a request that comes back is answered with 508 at once,
// through one gateway and through two.
func TestLoop(t *testing.T) {
	for gateways := 1; gateways <= 2; gateways++ {
		back := startAlias(t)
		first := back.url
		var last served
		for range gateways {
			last = start(t, one(t, first), gateway.Options{})
			first = last.URL
		}
		back.to.Store(last.address)
		begin := time.Now()
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			r := do(t, method, last.URL+"/a?b", map[string]string{"Origin": app})
			body, _ := io.ReadAll(r.Body)
			if r.StatusCode != http.StatusLoopDetected || !strings.Contains(string(body), `"code":"loop"`) {
				t.Errorf("%d gateways: %s: status %d, %s", gateways, method, r.StatusCode, body)
			}
			checkOne(t, r.Header)
			if r.Header.Get(hop) != "" {
				t.Errorf("%s: %s reached the page", hop, r.Header.Get(hop))
			}
		}
		if n, took := back.connections.Load(), time.Since(begin); n > 2 || took > 5*time.Second {
			t.Errorf("%d gateways: %d connections, %v", gateways, n, took)
		}
		// A preflight is answered by the first gateway.
		r := do(t, http.MethodOptions, last.URL, map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"})
		if r.StatusCode != http.StatusNoContent {
			t.Errorf("preflight: status %d", r.StatusCode)
		}
	}
}

// TestHops checks that several gateways in a row are not a loop, and that each
// adds its id.
func TestHops(t *testing.T) {
	upstream := startRaw(t, okResponse)
	url := upstream.url
	for n := 1; n <= 17; n++ {
		url = start(t, one(t, url), gateway.Options{}).URL
		r := do(t, http.MethodGet, url, nil)
		if n == 17 {
			if r.StatusCode != http.StatusLoopDetected {
				t.Errorf("%d gateways: status %d", n, r.StatusCode)
			}
			return
		}
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%d gateways: status %d", n, r.StatusCode)
		}
		_, h := upstream.head(t)
		list := strings.Split(h.Get(hop), ", ")
		slices.Sort(list)
		if !ids.MatchString(h.Get(hop)) || len(slices.Compact(list)) != n {
			t.Errorf("%d gateways: %s: %q", n, hop, h[hop])
		}
	}
}

// TestForgedHops checks what reaches the upstream of ids that a client sends.
func TestForgedHops(t *testing.T) {
	id := strings.Repeat("A", 26)
	upstream := startRaw(t, okResponse)
	url := start(t, one(t, upstream.url), gateway.Options{}).URL
	for _, c := range []struct {
		lines  string
		passes int // elements, or -1 for 508
	}{
		{"", 0},
		{"Corsac-Hop: x\r\n", 0},
		{"Corsac-Hop:\r\nCorsac_Hop: " + id + "\r\nCORSAC-HOP: ,,\r\n", 0},
		{"Corsac-Hop: " + id + "\r\n", 1},
		{"Corsac-Hop: " + id + ",\t" + id + " , \x80\r\ncorsac-hop: " + id + "\r\n", 3},
		{"Connection: Corsac-Hop\r\nCorsac-Hop: " + id + "\r\n", 1},
		{"Corsac-Hop: " + id + " " + id + "\r\nCorsac-Hop: \"" + id + "\"\r\nCorsac-Hop: " + id + ";a=b\r\n", 0},
		{"Corsac-Hop: " + strings.ToLower(id) + ", " + id[1:] + ", " + strings.Repeat(id, 1000) + "\r\n", 0},
		{"Corsac-Hop: " + strings.Repeat(id+",", 15) + "\r\n", 15},
		{"Corsac-Hop: " + strings.Repeat(id+",", 16) + "\r\n", -1},
		{strings.Repeat("Corsac-Hop: "+id+"\r\n", 1000), -1},
	} {
		answer := send(t, url, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+c.lines+"\r\n")
		if c.passes < 0 {
			if !strings.HasPrefix(answer, "HTTP/1.1 508 ") {
				t.Errorf("%.80q: answer %q", c.lines, answer)
			}
			continue
		}
		_, h := upstream.head(t)
		if len(h[hop]) != 1 || !ids.MatchString(h.Get(hop)) || strings.Count(h.Get(hop), ",") != c.passes || len(h["Corsac_hop"]) > 0 {
			t.Errorf("%.80q: %s: %q, want %d ids before its own", c.lines, hop, h[hop], c.passes)
		}
	}
}

// TestHopsAreNotDisclosed checks that no browser gets an id that an upstream
// sends back.
func TestHopsAreNotDisclosed(t *testing.T) {
	url := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(hop)
		if r.Header.Get("Upgrade") != "" {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\nCorsac-Hop: "+id+"\r\n\r\n")
				conn.Close()
			}
			return
		}
		w.Header()[hop] = []string{id}
		w.Header()["Corsac_hop"] = []string{id}
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", hop+", X-Sum")
		_, _ = io.WriteString(w, "ok")
		w.Header().Set("X-Sum", "42")
		w.Header()[http.TrailerPrefix+"Corsac_hop"] = []string{id}
	})).URL
	for _, connection := range []string{"close", "Upgrade\r\nUpgrade: x"} {
		answer := send(t, url, "GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: "+connection+"\r\n\r\n")
		if strings.Contains(strings.ReplaceAll(strings.ToLower(answer), "_", "-"), "corsac-hop") || !strings.HasPrefix(answer, "HTTP/1.1 10") {
			t.Errorf("%s: %q", connection, answer)
		}
		if connection == "close" && !strings.Contains(answer, "X-Sum: 42") {
			t.Errorf("a trailer is lost: %q", answer)
		}
	}
}
