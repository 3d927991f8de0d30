package diagnose_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// rawServer answers every connection with a function.
func rawServer(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				_, _ = conn.Read(make([]byte, 4096))
				answer(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestHostile checks that no server makes a diagnosis hang, grow or lie.
func TestHostile(t *testing.T) {
	const escape = "\x1b[2J\x1b]0;pwned\x07"
	for name, answer := range map[string]func(net.Conn){
		"endless body": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 500 x\r\n\r\n")
			for {
				if _, err := c.Write([]byte(strings.Repeat("a", 1<<16))); err != nil {
					return
				}
			}
		},
		"slow body": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			time.Sleep(time.Minute)
		},
		"slow head": func(c net.Conn) {
			for range 100 {
				if _, err := fmt.Fprint(c, "H"); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		},
		"10 MB of headers": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 403 x\r\n")
			for range 10 << 10 {
				if _, err := fmt.Fprintf(c, "X-A: %s\r\n", strings.Repeat("b", 1000)); err != nil {
					return
				}
			}
			fmt.Fprint(c, "\r\n")
		},
		"many headers": func(c net.Conn) {
			fmt.Fprintf(c, "HTTP/1.1 403 x\r\n%s\r\n", strings.Repeat("Vary: Origin\r\n", 4000))
		},
		"escape sequences": func(c net.Conn) {
			fmt.Fprintf(c, "HTTP/1.1 403 %s\r\nServer: %s\r\nVary: Origin, %s\r\nLocation: /%s\r\nX-Powered-By: %s\r\nETag: %s\r\nAge: %s\r\n\r\nNot allowed by CORS %s {page}{url}", escape, escape, escape, escape, escape, escape, escape, escape)
		},
		"redirects for ever": func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 302 x\r\nLocation: /items/\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := rawServer(t, answer)
			for _, method := range []string{"GET", "PUT"} {
				c := &check.Case{
					Request: &fetch.Request{URL: url + "/items", Method: method}, Page: fetch.PageConfig{Origin: "http://localhost:5173"},
					Servers: probe.Settings{MaxTime: 1},
				}
				begin := time.Now()
				v := diagnosed(t, c, diagnose.Options{Time: 2 * time.Second})
				if d := time.Since(begin); d > 6*time.Second {
					t.Errorf("%s took %v", method, d)
				}
				text := fmt.Sprint(v.Findings, v.Probes)
				if strings.ContainsAny(text, "\x1b\x07") {
					t.Errorf("%s: a control character in %q", method, text)
				}
				if len(text) > 200<<10 {
					t.Errorf("%s: %d bytes of text", method, len(text))
				}
				if len(v.Findings) == 0 {
					t.Errorf("%s: no cause", method)
				}
			}
		})
	}
}

// TestBudget checks the bounds of what is sent, in number and in time.
func TestBudget(t *testing.T) {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Vary", "Origin") })
	x := &diagnose.Scenario{Server: refuse, Request: fetch.Request{URL: "{server}/items", Method: "PUT"}}
	for most, want := range map[int]int{1: 1, 3: 3} {
		_, c := play(t, x, x)
		if v := diagnosed(t, c, diagnose.Options{MaxProbes: most}); len(v.Probes) != want {
			t.Errorf("--max-probes %d: %d probes", most, len(v.Probes))
		}
	}
	_, c := play(t, x, x)
	if v := diagnosed(t, c, diagnose.Options{Passive: true}); len(v.Probes) != 0 || len(v.Findings) == 0 {
		t.Errorf("passive: %d probes, %d findings", len(v.Probes), len(v.Findings))
	}
	c.Servers.ConnectTo = []string{"api.example.org:80:127.0.0.1:" + strings.TrimPrefix(c.Request.URL[strings.LastIndex(c.Request.URL, ":"):len(c.Request.URL)-len("/items")], ":")}
	c.Request.URL = "http://api.example.org/items"
	if v := diagnosed(t, c, diagnose.Options{}); len(v.Probes) > 12 || len(v.Probes) < 5 {
		t.Errorf("a host on the internet: %d probes", len(v.Probes))
	}
}

// TestBudgetOfHosts checks that each host has a budget of its own: what the named
// host uses up is not missing elsewhere, and the other way round.
func TestBudgetOfHosts(t *testing.T) {
	x := &diagnose.Scenario{
		Server: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			to := "/next"
			if r.URL.Path == "/next" {
				to = "http://localhost:{port}/there"
			}
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}),
		Request: fetch.Request{URL: "{server}/items", Method: "PUT"},
	}
	_, c := play(t, x, x)
	v := diagnosed(t, c, diagnose.Options{MaxProbes: 1})
	hosts := map[string]int{}
	for _, p := range v.Probes {
		_, rest, _ := strings.Cut(p.URL, "://")
		host, _, _ := strings.Cut(rest, ":")
		hosts[host]++
	}
	if hosts["127.0.0.1"] != 1 || hosts["localhost"] != 1 {
		t.Errorf("%v:\n%s", hosts, probesOf(v))
	}
}

// TestAtOnce checks how many requests are under way at one host.
func TestAtOnce(t *testing.T) {
	for name, most := range map[string]int64{"127.0.0.1": 4, "example.org": 2} {
		var now, peak atomic.Int64
		x := &diagnose.Scenario{
			Server: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				peak.Store(max(peak.Load(), now.Add(1)))
				time.Sleep(20 * time.Millisecond)
				now.Add(-1)
				w.WriteHeader(http.StatusNotFound)
			}),
			Request: fetch.Request{URL: "{server}"},
		}
		stage, c := play(t, x, x)
		c.Request.URL = "http://" + name + ":" + stage.port + "/a/b/c/d"
		c.Servers.ConnectTo = []string{"example.org:" + stage.port + ":127.0.0.1:" + stage.port}
		if v := diagnosed(t, c, diagnose.Options{}); peak.Load() > most || len(v.Probes) < 4 {
			t.Errorf("%s: %d at once\n%s", name, peak.Load(), probesOf(v))
		}
	}
}
